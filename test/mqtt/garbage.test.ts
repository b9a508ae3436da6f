import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect as open, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import WebSocket from "ws";
import { connect } from "../helpers/mqtt.js";
import { type RunningServer, startServer } from "../helpers/server.js";

/** A publisher and a subscriber that go on all the while; at the end every message must have come, in order. */
async function bystanders(t: TestContext, server: RunningServer) {
  const subscriber = await connect(t, server.mqttUrl);
  await subscriber.subscribe("steady", 1);
  const publisher = await connect(t, server.mqttUrl);
  let sent = 0;
  let running = true;
  const publishing = (async () => {
    while (running) await publisher.publish("steady", `${sent++}`, 1);
  })();
  return async () => {
    // What is published after the garbage must come through too.
    await subscriber.messages(sent + 20);
    running = false;
    await publishing;
    await subscriber.messages(sent);
    assert.deepEqual(
      subscriber.payloads,
      Array.from({ length: sent }, (_, i) => `${i}`),
    );
  };
}

async function rawSocket(t: TestContext, { host, port }: { host: string; port: number }): Promise<Socket> {
  const socket = open(port, host);
  t.after(() => socket.destroy());
  socket.on("error", () => undefined);
  socket.resume();
  await once(socket, "connect");
  return socket;
}

const CONNECT = Buffer.from([0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 1, 0x78]);

/** What is sent, and what the log must say about it. */
const garbage: Record<string, { bytes: Buffer; reason: RegExp }> = {
  "random bytes": {
    bytes: Buffer.concat([Buffer.from([0xff]), randomBytes(2_000)]),
    reason: /^not MQTT: the first byte is 0xff/,
  },
  HTTP: {
    bytes: Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    reason: /^not MQTT: the client speaks HTTP/,
  },
  TLS: {
    bytes: Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]),
    reason: /^not MQTT: the client speaks TLS/,
  },
  "a huge length": { bytes: Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]), reason: /over mqtt\.maxPacketSize/ },
  "a length of five bytes": {
    bytes: Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80, 0x01]),
    reason: /^malformed packet: remaining length/,
  },
  "half a packet": { bytes: CONNECT.subarray(0, 9), reason: /^connect did not arrive in time/ },
  "a second CONNECT": { bytes: Buffer.concat([CONNECT, CONNECT]), reason: /Invalid protocol/ },
  "a wrong protocol name": {
    bytes: Buffer.from([0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x58, 4, 2, 0, 60, 0, 1, 0x78]),
    reason: /Invalid protocolId/,
  },
  "a reserved packet type": {
    bytes: Buffer.concat([CONNECT, Buffer.from([0xf0, 0])]),
    reason: /a packet of type 15, which no client sends/,
  },
  "a PUBLISH with QoS 3": {
    bytes: Buffer.concat([CONNECT, Buffer.from([0x36, 5, 0, 1, 0x61, 0, 1])]),
    reason: /both QoS bits/,
  },
  "a PUBLISH to a wildcard": {
    bytes: Buffer.concat([CONNECT, Buffer.from([0x30, 3, 0, 1, 0x23])]),
    reason: /must not contain the wildcards/,
  },
  "a PUBLISH whose topic is longer than it": {
    bytes: Buffer.concat([CONNECT, Buffer.from([0x30, 3, 0xff, 0xff, 0x61])]),
    reason: /ends within its topic/,
  },
  "a SUBSCRIBE to a bad filter": {
    bytes: Buffer.concat([CONNECT, Buffer.from([0x82, 8, 0, 1, 0, 3, 0x61, 0x23, 0x62, 0])]),
    reason: /# is only allowed in SUBSCRIBE/,
  },
  "a SUBSCRIBE with a wrong flag": {
    bytes: Buffer.concat([CONNECT, Buffer.from([0x80, 6, 0, 1, 0, 1, 0x61, 0])]),
    reason: /Invalid header flag bits/,
  },
};

test("garbage on the MQTT port ends its own connection, with a log line that says who and why", async (t) => {
  const server = await startServer(t, { config: { mqtt: { connectTimeout: "1s" } } });
  const settle = await bystanders(t, server);
  for (const [name, { bytes, reason }] of Object.entries(garbage)) {
    await t.test(name, async (t) => {
      const socket = await rawSocket(t, server.mqtt);
      const remote = `127.0.0.1:${socket.localPort}`;
      const closed = once(socket, "close");
      socket.write(bytes);
      await closed;
      const line = await server.logged(
        (entry) => entry.msg === "client closed for an error" && entry.remote === remote,
      );
      assert.match(String(line.reason), reason);
      assert.equal(server.alive, true);
    });
  }
  await settle();
});

test("random bytes after a valid CONNECT, a thousand times, leave the process and its clients alone", async (t) => {
  const server = await startServer(t);
  const settle = await bystanders(t, server);
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const socket = await rawSocket(t, server.mqtt);
        const closed = once(socket, "close");
        socket.write(CONNECT);
        socket.end(randomBytes(200));
        await closed;
      }),
    );
  }
  assert.equal(server.alive, true);
  await settle();
});

test("garbage on the HTTP port is refused with a status, and nobody else notices", async (t) => {
  const server = await startServer(t);
  const settle = await bystanders(t, server);
  const socket = await rawSocket(t, server.http);
  const closed = once(socket, "close");
  socket.write(Buffer.concat([CONNECT, randomBytes(500)]));
  await closed;

  const refusal = async (path: string, protocols: string[] = []) => {
    const webSocket = new WebSocket(`${server.wsUrl}${path}`, protocols);
    const [, response] = (await once(webSocket, "unexpected-response")) as [
      unknown,
      { statusCode: number; destroy(): void },
    ];
    response.destroy();
    return response.statusCode;
  };
  assert.equal(await refusal("/mqtt"), 400, "a WebSocket with no subprotocol");
  await server.logged(
    ({ msg, remote }) => msg === "WebSocket refused: no MQTT subprotocol" && typeof remote === "string",
  );
  assert.equal(await refusal("/mqtt", ["graphql-ws"]), 400);
  assert.equal(await refusal("/nothing-here", ["mqtt"]), 404);
  assert.equal(await refusal("/%E0%A4%A"), 400);

  const text = new WebSocket(`${server.wsUrl}/mqtt`, ["mqtt"]);
  await once(text, "open");
  text.send("a text message");
  await once(text, "close");
  await server.logged(({ reason }) => /MQTT over WebSocket is binary/.test(String(reason)));
  assert.equal(server.alive, true);
  await settle();
});
