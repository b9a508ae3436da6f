import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { pino } from "pino";
import WebSocket from "ws";
import { socketConnection } from "../../../src/listeners/socket-transport.js";
import { acceptWebSockets } from "../../../src/listeners/websocket.js";
import type { Connection } from "../../../src/mqtt/connection.js";

const LIMITS = { maxPacketSize: 1024 ** 2, maxOutboxSize: 256 * 1024, drainTimeout: 60_000 };
/** A PUBLISH at QoS 0 of 1,000 bytes, after the CONNECT that the first packet must be. */
const CONNECT = Buffer.from([0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 1, 0x78]);
const PUBLISH = Buffer.concat([Buffer.from([0x30, 0xe8, 0x07, 0, 1, 0x61]), Buffer.alloc(997)]);

async function port(t: TestContext, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A connection over a real TCP socket, and the client's end of it. */
async function overTcp(t: TestContext): Promise<{ connection: Connection; client: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  const accepted = new Promise<Connection>((resolve) => {
    server.once("connection", (socket) => resolve(socketConnection(socket, "tcp")));
  });
  const client = connect(await port(t, server), "127.0.0.1");
  t.after(() => client.destroy());
  return { client, connection: limited(t, await accepted) };
}

async function overWebSocket(t: TestContext): Promise<{ connection: Connection; client: WebSocket }> {
  const server = createHttpServer();
  const options = { maxPacketSize: LIMITS.maxPacketSize, log: pino({ level: "silent" }) };
  const accepted = new Promise<Connection>((resolve) => {
    server.on(
      "upgrade",
      acceptWebSockets("ws", options, (connection) => resolve(connection)),
    );
  });
  const client = new WebSocket(`ws://127.0.0.1:${await port(t, server)}/mqtt`, ["mqtt"]);
  t.after(() => client.terminate());
  await once(client, "open");
  return { client, connection: limited(t, await accepted) };
}

function limited(t: TestContext, connection: Connection): Connection {
  connection.on("error", () => {});
  connection.limit(LIMITS);
  connection.open();
  t.after(() => connection.destroy());
  return connection;
}

test("what is sent in one turn leaves as one WebSocket message, and the next turn's as another", async (t) => {
  const { connection, client } = await overWebSocket(t);
  for (let i = 0; i < 50; i++) connection.send(Buffer.from([i]));
  connection.write("and what the engine writes");
  const [first, isBinary] = await once(client, "message");
  assert.equal(isBinary, true);
  const bytes = Array.from({ length: 50 }, (_, i) => i);
  assert.deepEqual(first, Buffer.concat([Buffer.from(bytes), Buffer.from("and what the engine writes")]));
  connection.send(Buffer.from("next"));
  const [second] = await once(client, "message");
  assert.equal(String(second), "next");
});

test("what is sent in one turn leaves as one write to the socket", async (t) => {
  const { connection, client } = await overTcp(t);
  for (let i = 0; i < 50; i++) connection.send(Buffer.from([i]));
  const [chunk] = await once(client, "data");
  assert.equal(chunk.length, 50);
});

test("a TCP sender that is not read is made to wait, and its bytes come whole once it is", async (t) => {
  const { connection, client } = await overTcp(t);
  const total = 64 * 1024 * 1024;
  let written = client.write(CONNECT) ? CONNECT.length : 0;
  while (client.write(PUBLISH)) written += PUBLISH.length;
  // The client's own buffer is full; now offer far more than sockets and read-ahead can hold.
  const flood = Buffer.concat(Array.from({ length: Math.floor(total / PUBLISH.length) }, () => PUBLISH));
  client.write(flood);
  written += PUBLISH.length + flood.length;
  await once(connection, "readable");
  while (await movedOn(() => client.bytesWritten - client.writableLength));
  assert.ok(connection.readableLength <= 256 * 1024, `${connection.readableLength} bytes were read ahead`);
  assert.ok(
    client.writableLength > total / 2,
    `only ${client.writableLength} bytes are held back at the sender`,
  );
  assert.equal(await drain(connection, written), written);
});

test("a WebSocket sender that is not read is made to wait", async (t) => {
  const { connection, client } = await overWebSocket(t);
  client.send(CONNECT);
  const batch = Buffer.concat(Array.from({ length: 1_000 }, () => PUBLISH));
  for (let i = 0; i < 64; i++) client.send(batch);
  await once(connection, "readable");
  while (await movedOn(() => client.bufferedAmount));
  // One WebSocket message is delivered whole, so one may be over the mark.
  assert.ok(
    connection.readableLength <= 2 * batch.length + 256 * 1024,
    `${connection.readableLength} bytes were read ahead`,
  );
  assert.ok(
    client.bufferedAmount > 32 * batch.length,
    `only ${client.bufferedAmount} bytes are held back at the sender`,
  );
  const written = CONNECT.length + 64 * batch.length;
  assert.equal(await drain(connection, written), written);
});

test("what follows CONNECT is held back until the connection is opened, and so is the end", async (t) => {
  const server = createServer({ allowHalfOpen: true });
  const accepted = new Promise<Connection>((resolve) => {
    server.once("connection", (socket) => {
      const connection = socketConnection(socket, "tcp");
      connection.limit(LIMITS);
      resolve(connection);
    });
  });
  const client = connect(await port(t, server), "127.0.0.1");
  t.after(() => client.destroy());
  client.end(Buffer.concat([CONNECT, PUBLISH, PUBLISH]));
  const connection = await accepted;
  t.after(() => connection.destroy());
  await once(connection, "readable");
  assert.deepEqual(connection.read(), CONNECT);
  while (await movedOn(() => connection.bytesReceived));
  assert.equal(connection.read(), null);
  const ended = once(connection, "end");
  connection.open();
  assert.equal(await drain(connection, 2 * PUBLISH.length), 2 * PUBLISH.length);
  connection.resume();
  await ended;
});

test("a client that reads nothing makes the connection congested, then is closed by drainTimeout", async (t) => {
  const { connection, client } = await overTcp(t);
  connection.limit({ ...LIMITS, drainTimeout: 100 });
  client.pause();
  const closed = new Promise((resolve) => connection.once("close", resolve));
  while (!connection.congested) {
    assert.equal(connection.destroyed, false);
    connection.send(Buffer.alloc(64 * 1024));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  assert.equal(connection.closeReason, "the client read nothing for 100 ms");
});

/** Whether a figure still changes over many turns of the event loop. */
async function movedOn(figure: () => number): Promise<boolean> {
  const before = figure();
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
  return figure() !== before;
}

/** Reads until `wanted` bytes have come; gives how many there were. */
async function drain(connection: Connection, wanted: number): Promise<number> {
  let bytes = 0;
  while (bytes < wanted) {
    const chunk = connection.read() as Buffer | null;
    if (chunk) bytes += chunk.length;
    else await once(connection, "readable");
  }
  return bytes;
}
