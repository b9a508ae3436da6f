import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { RawClient } from "./support/raw-client.js";
import { startServer, type TestServer } from "./support/server.js";

/** A server, a healthy client on it, and the proof at the end that both are well. */
async function withWitness(t: TestContext): Promise<{ server: TestServer; isWell: () => Promise<void> }> {
  const server = await startServer(t);
  const witness = await RawClient.connect(t, server.url);
  witness.command({ id: 2, subscribe: { channel: "mqtt:witness" } });
  await witness.reply(2);
  const isWell = async (): Promise<void> => {
    server.bus.send("witness", "1");
    assert.equal((await witness.pushed(1)).length, 1);
    await RawClient.connect(t, server.url);
  };
  return { server, isWell };
}

const deep = "[".repeat(30_000);
const notCommands: [string, string | Buffer][] = [
  ["no JSON", "hello"],
  ["half a command", '{"id":2,"subsc'],
  ["JSON that is no object", "[]"],
  ["null", "null"],
  ["a number", "17"],
  ["deep nesting that does not end", deep],
  ["a list in a list in a list ...", `${deep}${"]".repeat(30_000)}`],
  ["a command without an id", '{"subscribe":{"channel":"mqtt:a"}}'],
  ["an id that is text", '{"id":"1","subscribe":{"channel":"mqtt:a"}}'],
  ["a negative id", '{"id":-1,"subscribe":{"channel":"mqtt:a"}}'],
  ["a huge id", '{"id":1e300,"subscribe":{"channel":"mqtt:a"}}'],
  ["half an id", '{"id":1.5,"subscribe":{"channel":"mqtt:a"}}'],
  ["binary", randomBytes(100)],
  ["a second connect", '{"id":9,"connect":{}}'],
];

for (const [what, frame] of notCommands) {
  test(`${what} ends the session with code 3501, and nobody else's`, async (t) => {
    const { server, isWell } = await withWitness(t);
    const client = await RawClient.connect(t, server.url);
    client.socket.send(frame);
    const { code, reason } = await client.closed;
    assert.equal(code, 3501);
    assert.match(reason, /^bad request: /);
    await isWell();
  });
}

test("a command before connect ends the session, with the reason", async (t) => {
  const { url } = await startServer(t);
  const client = await RawClient.open(t, url);
  client.command({ id: 1, subscribe: { channel: "mqtt:a" } });
  assert.deepEqual(await client.closed, {
    code: 3501,
    reason: "bad request: the first command must be connect",
  });
});

test("what came before the garbage in a frame is answered", async (t) => {
  const { url } = await startServer(t);
  const client = await RawClient.connect(t, url);
  client.socket.send(
    '{"id":2,"unsubscribe":{"channel":"mqtt:a"}}\n\n  \ngarbage\n{"id":3,"subscribe":{"channel":"mqtt:b"}}',
  );
  await client.closed;
  assert.deepEqual(
    client.replies.map(({ id }) => id),
    [1, 2],
  );
});

test("deep data is published as it is", async (t) => {
  const { server, isWell } = await withWitness(t);
  const client = await RawClient.connect(t, server.url);
  const data = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
  client.command({ id: 2, subscribe: { channel: "mqtt:deep" } });
  await client.reply(2);
  client.socket.send(`{"id":3,"publish":{"channel":"mqtt:deep","data":${data}}}`);
  assert.deepEqual(await client.reply(3), { id: 3, publish: {} });
  assert.equal(server.bus.published.at(-1)?.payload.toString(), data);
  assert.equal(
    (await client.pushed(1))[0]?.pub.data,
    data,
    "subscribers get what is too deep for many parsers as text",
  );
  await isWell();
});

test("a frame over the limit is refused with WebSocket code 1009", async (t) => {
  const { server, isWell } = await withWitness(t);
  const client = await RawClient.connect(t, server.url);
  client.socket.send(`{"id":2,"publish":{"channel":"mqtt:a","data":"${"x".repeat(70_000)}"}}`);
  assert.equal((await client.closed).code, 1009);
  await isWell();
});

/** Upgrades by hand and sends bytes that are no WebSocket frame. */
async function sendRaw(t: TestContext, port: number, path: string, bytes: Buffer): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => {});
  socket.resume();
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  await once(socket, "data");
  socket.write(bytes);
  await once(socket, "close");
}

test("bytes that are no WebSocket frames end their connection only", async (t) => {
  const { server, isWell } = await withWitness(t);
  for (const path of ["/connection/websocket", "/v3/mqtt:a"]) {
    // An unmasked frame, a reserved opcode, a fragmented ping, text that is not UTF-8.
    for (const bytes of ["8105 68656c6c6f", "83 80 00000000", "09 80 00000000", "81 82 00000000 c328"]) {
      await sendRaw(t, server.port, path, Buffer.from(bytes.replaceAll(" ", ""), "hex"));
    }
  }
  assert.equal(server.gateway.stats().sessions, 1);
  await isWell();
});

test("an upgrade that is no WebSocket is answered with an HTTP status", async (t) => {
  const { server, isWell } = await withWitness(t);
  const socket = connect(server.port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.write(
    "GET /connection/websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
  );
  const [answer] = await once(socket, "data");
  assert.match(String(answer), /^HTTP\/1.1 400 /);
  await isWell();
});

test("hostile clients do not fill the log", async (t) => {
  const { url, log, gateway } = await startServer(t);
  for (let i = 0; i < 40; i++) {
    const client = await RawClient.connect(t, url);
    client.socket.send("garbage");
    await client.closed;
  }
  assert.equal(gateway.stats().disconnects.badRequest, 40);
  assert.equal(log.filter(({ code, level }) => code === 3501 && Number(level) >= 40).length, 20);
});
