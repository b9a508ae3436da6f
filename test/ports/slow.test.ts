import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as openSocket, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { connect as openTls } from "node:tls";
import mqttPacket from "mqtt-packet";
import { startServer } from "../helpers/server.js";
import { opened, TlsGround } from "./tls-ground.js";

/* Who says nothing, or says it slowly, holds no socket for long. */

const STEP_MS = 200;

function open(t: TestContext, to: { host: string; port: number }): Socket {
  const socket = openSocket({ ...to, noDelay: true });
  t.after(() => socket.destroy());
  return socket.on("error", () => undefined);
}

/** Milliseconds until the server closes it, while it is sent a byte of the text at a time. */
async function patience(socket: Socket, text: string | Buffer = ""): Promise<number> {
  const began = performance.now();
  const bytes = Buffer.from(text);
  let at = 0;
  const timer = setInterval(() => {
    if (at < bytes.length && !socket.destroyed) socket.write(bytes.subarray(at, ++at));
  }, STEP_MS);
  socket.resume();
  await once(socket, "close");
  clearInterval(timer);
  return performance.now() - began;
}

test("MQTT: a CONNECT has mqtt.connectTimeout for all of it, also when it keeps coming", async (t) => {
  const ground = await TlsGround.create(t);
  const ca = await ground.pair("server");
  const server = await ground.start({ http: false }, { mqtt: { connectTimeout: "2s" } });
  const mqtts = { host: "127.0.0.1", port: ground.port };
  const connect = mqttPacket.generate({
    cmd: "connect",
    clientId: "c".repeat(200),
    keepalive: 0,
    clean: true,
  });
  const overTls = openTls({ ...mqtts, servername: "localhost", ca });
  overTls.on("error", () => undefined);
  await opened(overTls);
  const times = await Promise.all([
    patience(open(t, server.mqtt)),
    patience(open(t, server.mqtt), connect),
    patience(overTls, connect),
    // No handshake at all, and the beginning of one.
    patience(open(t, mqtts)),
    patience(open(t, mqtts), Buffer.from([22, 3, 1, 2, 0, 1, 0, 1])),
  ]);
  for (const time of times) assert.ok(time > 1_000 && time < 6_000, `${times}`);
});

for (const tls of [false, true])
  test(`HTTP${tls ? "S" : ""}: nothing, half a handshake, half the headers, and nothing more after a request`, async (t) => {
    const ground = await TlsGround.create(t);
    const ca = await ground.pair("server");
    const server = await ground.start(
      { http: tls },
      { mqtt: { connectTimeout: "3s" }, limits: { httpIdle: "2s" } },
    );
    const come = async () => {
      if (!tls) return open(t, server.http);
      const socket = openTls({ ...server.http, servername: "localhost", ca });
      t.after(() => socket.destroy());
      socket.on("error", () => undefined);
      await opened(socket);
      return socket;
    };
    const idle = await come();
    idle.write("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(idle, "data");
    const headers = `GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ${"x".repeat(500)}`;
    const [afterRequest, silent, raw, slow] = await Promise.all([
      patience(idle),
      patience(await come()),
      patience(open(t, server.http)),
      patience(await come(), headers),
    ]);
    assert.ok(afterRequest > 1_000 && afterRequest < 6_000, `${afterRequest}`);
    // Ten seconds for headers, looked at every second.
    for (const time of [silent, slow]) assert.ok(time > 8_000 && time < 15_000, `${[silent, slow]}`);
    assert.ok(tls ? raw < 6_000 : raw < 15_000, `${raw}`);
  });

test("HTTP: headers that are too large are refused", async (t) => {
  const server = await startServer(t);
  const ask = async (headers: string) => {
    const socket = open(t, server.http);
    socket.write(`GET /readyz HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
    const [bytes] = await once(socket, "data");
    return String(bytes).slice(9, 12);
  };
  assert.equal(await ask(""), "200");
  assert.equal(await ask(`X: ${"x".repeat(20_000)}\r\n`), "431");
});
