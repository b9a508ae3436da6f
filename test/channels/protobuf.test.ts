import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { Centrifuge } from "centrifuge/build/protobuf";
import { WebSocket } from "ws";
import { eventually } from "./support/eventually.js";
import { errorOf, heard } from "./support/heard.js";
import { RawClient } from "./support/raw-client.js";
import { referenceCodec } from "./support/reference-codec.js";
import { startServer, type TestServer } from "./support/server.js";

/* What is particular to Protobuf. That all else is as in JSON is shown by the tests in protobuf/. */

const PROTOBUF = ["centrifuge-protobuf"];
const connect = { id: 1, connect: {} };

async function connectRaw(t: TestContext, url: string, protocols = PROTOBUF): Promise<RawClient> {
  const client = await RawClient.open(t, url, protocols);
  client.command(connect);
  await client.reply(1);
  return client;
}

test("the reference client takes and gives bytes, which are JSON", async (t) => {
  const { url, bus } = await startServer(t);
  const client = new Centrifuge(url, { websocket: WebSocket });
  t.after(() => client.disconnect());
  const subscription = client.newSubscription("mqtt:a");
  const subscribed = once(subscription as never, "subscribed");
  subscription.subscribe();
  client.connect();
  await subscribed;
  const published = once(subscription as never, "publication");
  await subscription.publish(Buffer.from('{"b":1.50, "a":12345678901234567890}'));
  assert.equal(bus.published[0]?.payload.toString(), '{"b":1.50, "a":12345678901234567890}');
  const [{ data, tags }] = await published;
  assert.equal(Buffer.from(data).toString(), '{"b":1.50, "a":12345678901234567890}');
  assert.deepEqual(tags, { topic: "a" });
  await assert.rejects(subscription.publish(Buffer.from("on")), {
    code: 107,
    message: "bad request: publish.data must be JSON",
  });
  await subscription.publish(Buffer.from('"on"'));
  assert.equal(bus.published.at(-1)?.payload.toString(), "on");
});

for (const query of ["?cf_protocol=protobuf", "?format=protobuf", "?x=1&format=protobuf&cf_protocol=json"])
  for (const protocols of [[], ["centrifuge-json"]])
    test(`a client may ask for it with ${query}, and ${protocols[0] ?? "no subprotocol"}`, async (t) => {
      const { url } = await startServer(t);
      const socket = new WebSocket(`${url}${query}`, protocols);
      t.after(() => socket.terminate());
      await once(socket, "open");
      socket.send(referenceCodec.encodeCommands([connect]));
      const [message, isBinary] = await once(socket, "message");
      assert.equal(isBinary, true);
      assert.deepEqual(
        referenceCodec.decodeReplies(message).map((reply) => Object.keys(reply)),
        [["id", "connect"]],
      );
    });

for (const query of ["", "?cf_protocol=json", "?format=protobuf2", "?protobuf"])
  test(`a client that asks for nothing, or with ${query}, speaks JSON`, async (t) => {
    const { url } = await startServer(t);
    const client = await connectRaw(t, `${url}${query}`, []);
    assert.match(client.frames[0] ?? "", /^\{"id":1,"connect":/);
  });

test("a client that offers both speaks JSON", async (t) => {
  const { url } = await startServer(t);
  const client = await RawClient.open(t, url, ["centrifuge-protobuf", "centrifuge-json"]);
  assert.equal(client.socket.protocol, "centrifuge-json");
});

test("many commands in a message are answered in one, in order", async (t) => {
  const { url } = await startServer(t);
  const client = await RawClient.open(t, url, PROTOBUF);
  const commands = [2, 3, 4].map((id) => ({ id, unsubscribe: { channel: "x" } }));
  client.command(connect, ...commands);
  await client.reply(4);
  assert.deepEqual(
    client.replies.map(({ id }) => id),
    [1, 2, 3, 4],
  );
  assert.equal(client.frames.length, 1);
});

test("a ping is an empty reply, and an empty command answers it", async (t) => {
  const { url, gateway } = await startServer(t, { gateway: { pingInterval: 300, pongTimeout: 250 } });
  const client = await connectRaw(t, url);
  client.socket.on("message", (message: Buffer) => {
    if (message.equals(Buffer.from([0]))) client.socket.send(Buffer.from([0]));
  });
  const reference = new Centrifuge(url, { websocket: WebSocket });
  t.after(() => reference.disconnect());
  reference.connect();
  await client.until(() => (client.pings >= 4 ? true : undefined), "four pings");
  assert.equal(gateway.stats().sessions, 2);
  assert.equal(reference.state, "connected");
});

test("a client that answers no ping is closed with code 3012", async (t) => {
  const { url } = await startServer(t, { gateway: { pingInterval: 40, pongTimeout: 20 } });
  const client = await connectRaw(t, url);
  assert.deepEqual(await client.closed, { code: 3012, reason: "no pong" });
});

test("clients of both encodings on one channel get the same, in the same order", async (t) => {
  const { url, bus, gateway } = await startServer(t);
  const clients = await Promise.all(
    [PROTOBUF, [], PROTOBUF, []].map((protocols) => connectRaw(t, url, protocols)),
  );
  for (const [i, client] of clients.entries()) {
    client.command({ id: 2, subscribe: { channel: "mqtt:#" } });
    // A channel of its own makes what it gets within a turn differ from what the others get.
    client.command({ id: 3, subscribe: { channel: `mqtt:${i}/+` } });
    await client.reply(3);
  }
  const before = gateway.stats().bytesSent;
  for (let n = 0; n < 200; n++) bus.send(`${n % 5}/x`, JSON.stringify({ n }));
  const received = await Promise.all(clients.map((client) => heard(client, "mqtt:#", 200)));
  for (const publications of received)
    assert.deepEqual(
      publications.map(({ data }) => data),
      Array.from({ length: 200 }, (_, n) => ({ n })),
    );
  for (const [i, client] of clients.entries())
    assert.equal((await heard(client, `mqtt:${i}/+`, 40)).length, 40);
  assert.ok(gateway.stats().bytesSent > before);
});

test("a slow client is closed with code 3008", async (t) => {
  const { url, bus, gateway } = await startServer(t, { gateway: { maxOutboxSize: 100_000 } });
  const slow = await connectRaw(t, url);
  slow.command({ id: 2, subscribe: { channel: "mqtt:flood" } });
  await slow.reply(2);
  slow.socket.pause();
  await eventually(() => {
    bus.send("flood", JSON.stringify("x".repeat(10_000)));
    return gateway.stats().disconnects.slow === 1;
  }, "it is found to be slow");
  slow.socket.resume();
  assert.deepEqual(await slow.closed, { code: 3008, reason: "slow" });
});

/** A server with a healthy client of each encoding, and the proof at the end that both are well. */
async function withWitnesses(t: TestContext): Promise<{ server: TestServer; areWell: () => Promise<void> }> {
  const server = await startServer(t);
  const witnesses = await Promise.all(
    [PROTOBUF, []].map((protocols) => connectRaw(t, server.url, protocols)),
  );
  for (const witness of witnesses) {
    witness.command({ id: 2, subscribe: { channel: "mqtt:witness" } });
    await witness.reply(2);
  }
  const areWell = async (): Promise<void> => {
    server.bus.send("witness", "1");
    for (const witness of witnesses) assert.equal((await witness.pushed(1)).length, 1);
  };
  return { server, areWell };
}

const notCommands: [string, Buffer | string, RegExp][] = [
  ["a message that is cut off", Buffer.from("05 08".replace(" ", ""), "hex"), /ends before its time/],
  ["a length without end", Buffer.alloc(20, 0xff), /a number is too long/],
  ["a huge length", Buffer.from("ffffffff0f", "hex"), /ends before its time/],
  ["text that is not UTF-8", Buffer.from("0808023204" + "0a02c328", "hex"), /UTF-8/],
  ["JSON as text", '{"id":2,"unsubscribe":{"channel":"a"}}', /./],
  ["JSON as bytes", Buffer.from('{"id":2,"unsubscribe":{"channel":"a"}}'), /./],
  ["a command without an id", Buffer.from("053203" + "0a0163", "hex"), /id of a command/],
  ["a second connect", Buffer.from(referenceCodec.encodeCommands([connect])), /connected already/],
];

for (const [what, message, reason] of notCommands)
  test(`${what} ends the session with code 3501, and nobody else's`, async (t) => {
    const { server, areWell } = await withWitnesses(t);
    const client = await connectRaw(t, server.url);
    client.socket.send(message);
    const closed = await client.closed;
    assert.equal(closed.code, 3501);
    assert.match(closed.reason, /^bad request: /);
    assert.match(closed.reason, reason);
    await areWell();
  });

test("Protobuf to a session of JSON ends it with code 3501", async (t) => {
  const { server, areWell } = await withWitnesses(t);
  const client = await connectRaw(t, server.url, []);
  client.socket.send(referenceCodec.encodeCommands([{ id: 2, unsubscribe: { channel: "a" } }]));
  assert.equal((await client.closed).code, 3501);
  await areWell();
});

test("a message over the limit is refused with WebSocket code 1009", async (t) => {
  const { server, areWell } = await withWitnesses(t);
  const client = await connectRaw(t, server.url);
  client.command({ id: 2, publish: { channel: "mqtt:a", data: "x".repeat(70_000) } });
  assert.equal((await client.closed).code, 1009);
  await areWell();
});

test("a command before connect ends the session, also one with bad data", async (t) => {
  const { url } = await startServer(t);
  for (const data of ["1", "no JSON"]) {
    const client = await RawClient.open(t, url, PROTOBUF);
    client.command({ id: 1, publish: { channel: "mqtt:a", data: Buffer.from(data) } });
    assert.deepEqual(await client.closed, {
      code: 3501,
      reason: "bad request: the first command must be connect",
    });
  }
});

test("what a command alone is to blame for is answered, and the session goes on", async (t) => {
  const { url, gateway } = await startServer(t);
  const client = await connectRaw(t, url);
  const bad = Buffer.from("no JSON");
  client.command(
    { id: 2, publish: { channel: "mqtt:a", data: bad } },
    { id: 3, rpc: { method: "request", data: bad } },
    { send: { data: bad } },
    { id: 4, publish: { channel: "mqtt:a" } },
    { id: 5, ping: {} },
    { id: 6 },
    { id: 7, publish: {}, subscribe: {} },
    { id: 8, subscribe: { channel: "nobody" } },
    { id: 9, unsubscribe: { channel: "a" } },
  );
  assert.deepEqual(await client.reply(9), { id: 9, unsubscribe: {} });
  const codes = await Promise.all([2, 3, 4, 5, 6, 7, 8].map((id) => errorOf(client, id)));
  assert.deepEqual(codes, [107, 107, 107, 104, 104, 107, 102]);
  assert.equal(gateway.stats().errors, 8);
});

test("a connect with a position that is no number is refused, and another may follow", async (t) => {
  const { url } = await startServer(t);
  const client = await RawClient.open(t, url, PROTOBUF);
  // connect with subs {"": {offset: 2^64 - 1}}
  client.socket.send(Buffer.from("13 0801 220f 1a0d 120b 38ffffffffffffffffff01".replaceAll(" ", ""), "hex"));
  const { error } = (await client.reply(1)) as { error: { code: number; message: string } };
  assert.equal(error.code, 107);
  assert.match(error.message, /connect\.subs\.offset must not be larger than/);
  client.command({ id: 2, connect: {} });
  await client.reply(2);
});

test("a hundred clients that send rubbish are sent away, and nobody else notices", async (t) => {
  const { server, areWell } = await withWitnesses(t);
  let state = 11;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const whole = Buffer.from(
    referenceCodec.encodeCommands([
      {
        id: 2,
        subscribe: { channel: "mqtt:a", tf: { op: "and", nodes: [{ key: "a", cmp: "eq", val: "b" }] } },
      },
      { id: 3, publish: { channel: "mqtt:rubbish", data: { a: [1, 2, 3] } } },
    ]),
  );
  for (let i = 0; i < 100; i++) {
    const client = await connectRaw(t, server.url);
    const message = Buffer.from(whole);
    for (let n = 0; n <= random(4); n++) message[random(message.length)] = random(256);
    client.socket.send(message);
    client.socket.send(Buffer.alloc(1 + random(30), 0x80 | random(128)));
    assert.equal((await client.closed).code, 3501);
  }
  await areWell();
  assert.deepEqual(
    server.log.filter(({ level }) => Number(level) >= 50),
    [],
  );
});
