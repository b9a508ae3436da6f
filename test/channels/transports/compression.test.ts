import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { type ClientOptions, WebSocket } from "ws";
import { connectClient, Listening } from "../support/client.js";
import { RawClient } from "../support/raw-client.js";
import { startServer, type TestServer } from "../support/server.js";

const compression = { threshold: 1024, level: 3, concurrency: 2 };
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

/** A client, and the bytes that came over its socket. */
async function open(t: TestContext, url: string, options: ClientOptions = {}) {
  const socket = new WebSocket(url, options);
  t.after(() => socket.terminate());
  socket.on("error", () => {});
  const messages: string[] = [];
  let changed = () => {};
  socket.on("message", (message: Buffer) => {
    messages.push(message.toString());
    changed();
  });
  const [response] = await once(socket, "upgrade");
  if (socket.readyState !== WebSocket.OPEN) await once(socket, "open");
  const connection: Socket = response.socket;
  const text = () => messages.join("\n");
  const until = async (found: RegExp) => {
    while (!found.test(text()))
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
  };
  return { socket, text, until, bytes: () => connection.bytesRead };
}

async function subscribe(t: TestContext, { url }: TestServer, options?: ClientOptions) {
  const client = await open(t, url, options);
  client.socket.send('{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"mqtt:a"}}');
  await client.until(/"id":2/);
  return client;
}

const large = (n: number) => JSON.stringify({ n, text: "what compresses well, ".repeat(500) });

test("a large frame is compressed for a client that offers it, and reads the same", async (t) => {
  const server = await startServer(t, { gateway: { compression } });
  const client = await subscribe(t, server);
  assert.equal(client.socket.extensions, "permessage-deflate");
  const before = client.bytes();
  server.bus.send("a", large(1));
  await client.until(/"n":1/);
  assert.ok(client.text().includes(large(1)));
  assert.ok(client.bytes() - before < 1_000, `${client.bytes() - before} bytes`);
});

test("a small frame is not compressed", async (t) => {
  const server = await startServer(t, { gateway: { compression } });
  const client = await subscribe(t, server);
  const before = client.bytes();
  const payload = JSON.stringify({ small: "x".repeat(800) });
  server.bus.send("a", payload);
  await client.until(/"small"/);
  assert.ok(client.bytes() - before > payload.length);
  assert.equal(server.gateway.stats().messagesCompressed, 0);
});

test("a client that does not offer it gets frames as they are, beside one that does", async (t) => {
  const server = await startServer(t, { gateway: { compression } });
  const [plain, compressing] = await Promise.all([
    subscribe(t, server, { perMessageDeflate: false }),
    subscribe(t, server),
  ]);
  assert.equal(plain.socket.extensions, "");
  const before = plain.bytes();
  server.bus.send("a", large(1));
  await Promise.all([plain.until(/"n":1/), compressing.until(/"n":1/)]);
  assert.ok(plain.bytes() - before > large(1).length);
  assert.equal(plain.text().split("\n").at(-1), compressing.text().split("\n").at(-1));
});

test("it is off unless it is configured", async (t) => {
  const server = await startServer(t);
  const client = await subscribe(t, server);
  assert.equal(client.socket.extensions, "");
});

test("a frame that many sessions get is compressed once", async (t) => {
  const server = await startServer(t, { gateway: { compression } });
  const clients = await Promise.all(numbers(50).map(() => subscribe(t, server)));
  for (const n of [1, 2, 3]) {
    server.bus.send("a", large(n));
    await Promise.all(clients.map((client) => client.until(new RegExp(`"n":${n}`))));
  }
  assert.equal(server.gateway.stats().messagesCompressed, 3);
  for (const client of clients) assert.ok(client.text().includes(large(3)));
});

test("frames keep their order, whether they are compressed or not, and the close comes last", async (t) => {
  const server = await startServer(t, { gateway: { compression } });
  const client = await subscribe(t, server);
  for (const n of numbers(200)) {
    server.bus.send("a", n % 3 === 0 ? large(n) : JSON.stringify({ n }));
    if (n % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const closed = once(client.socket, "close");
  await server.gateway.close(5_000);
  assert.equal((await closed)[0], 3001);
  const order = [...client.text().matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n));
  assert.deepEqual(order, numbers(200));
});

test("a client that asks for a smaller window gets what it can read", async (t) => {
  const server = await startServer(t, { gateway: { compression } });
  const client = await subscribe(t, server, { perMessageDeflate: { serverMaxWindowBits: 9 } });
  // Repeats what is further back than the window reaches.
  const noise = Array.from({ length: 2_000 }, () => Math.random().toString(36)).join("");
  server.bus.send("a", JSON.stringify({ n: 1, text: noise + noise }));
  await client.until(/"n":1/);
  assert.ok(client.text().includes(noise + noise));
});

test("what a client compresses is read, the reference client's too", async (t) => {
  const server = await startServer(t, { gateway: { compression } });
  class Compressing extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { perMessageDeflate: { threshold: 0 } });
    }
  }
  const client = await connectClient(t, server.url, { websocket: Compressing });
  const listening = await Listening.begin(client, "mqtt:a");
  const text = "x".repeat(20_000);
  await client.publish("mqtt:a", { text });
  assert.deepEqual((await listening.received(1))[0]?.data, { text });
});

test("a small message that grows beyond gateway.maxFrameSize is cut there with code 1009, and harms nobody", async (t) => {
  const server = await startServer(t, { gateway: { compression } });
  const other = await RawClient.connect(t, server.url);
  const client = await subscribe(t, server);
  const bomb = deflateRawSync(Buffer.alloc(64 * 1024 ** 2, " "), { level: 9 });
  assert.ok(bomb.length < 66_000, `${bomb.length} bytes travel`);
  const before = process.memoryUsage().arrayBuffers;
  const closed = once(client.socket, "close");
  const header = Buffer.from([0xc1, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]); // final, compressed, text; masked with zeros
  header.writeUInt32BE(bomb.length, 6);
  const connection = (client.socket as unknown as { _socket: Socket })._socket;
  connection.write(Buffer.concat([header, bomb]));
  assert.equal((await closed)[0], 1009);
  assert.ok(process.memoryUsage().arrayBuffers - before < 8 * 1024 ** 2, "it was decompressed whole");
  other.command({ id: 2, subscribe: { channel: "mqtt:a" } });
  await other.reply(2);
});

test("one that is not compressed right is refused with code 1007", async (t) => {
  const server = await startServer(t, { gateway: { compression } });
  const client = await subscribe(t, server);
  const closed = once(client.socket, "close");
  const connection = (client.socket as unknown as { _socket: Socket })._socket;
  connection.write(Buffer.from([0xc1, 0x84, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]));
  assert.equal((await closed)[0], 1007);
});

test("a slow reader is noticed as without it", async (t) => {
  const server = await startServer(t, { gateway: { compression, maxOutboxSize: 100_000 } });
  const slow = await subscribe(t, server);
  const healthy = await RawClient.connect(t, server.url);
  healthy.command({ id: 2, subscribe: { channel: "mqtt:a" } });
  await healthy.reply(2);
  slow.socket.pause();
  let count = 0;
  // Random, so that it stays large.
  const noise = JSON.stringify(Array.from({ length: 2_000 }, () => Math.random().toString(36)).join(""));
  while (server.gateway.stats().disconnects.slow === undefined && count < 5_000) {
    server.bus.send("a", noise);
    await healthy.pushed(++count);
  }
  assert.equal(server.gateway.stats().disconnects.slow, 1);
});
