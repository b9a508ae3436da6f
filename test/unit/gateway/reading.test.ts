import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type TestContext, test } from "node:test";
import WebSocket from "ws";
import type { WebSocketTransport } from "../../../src/gateway/websocket.js";
import { WebSocketAcceptor } from "../../../src/gateway/websocket-acceptor.js";

/** A client's transport over a real socket, and the client. */
async function pair(t: TestContext): Promise<{ transport: WebSocketTransport; client: WebSocket }> {
  const server = createServer();
  const acceptor = new WebSocketAcceptor({ maxFrameSize: 1024 ** 2, protocols: [], compression: undefined });
  const accepted = new Promise<WebSocketTransport>((resolve) => {
    server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) =>
      acceptor.accept(request, stream, head, resolve),
    );
  });
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.after(() => client.terminate());
  await once(client, "open");
  return { client, transport: await accepted };
}

test("a client that floods is read a share at a time, the others in between, and all of it in the end", async (t) => {
  const { transport, client } = await pair(t);
  const count = 20_000;
  const text = "x".repeat(100);
  let received = 0;
  let before = 0;
  let most = 0;
  let turns = 0;
  transport.listen({
    message: () => received++,
    pong: () => undefined,
    broken: () => undefined,
    end: () => undefined,
  });
  for (let i = 0; i < count; i++) client.send(text);
  while (received < count) {
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, received - before);
    if (received > before) turns++;
    before = received;
  }
  // A share, and what one read of the socket had brought already.
  assert.ok(most <= (2 * 64 * 1024) / text.length, `${most} messages in one turn`);
  assert.ok(turns >= 15, `all in ${turns} turns`);
});

test("a session's pause outlasts the turn", async (t) => {
  const { transport, client } = await pair(t);
  let received = 0;
  transport.listen({
    message: () => {
      received++;
      transport.pause();
    },
    pong: () => undefined,
    broken: () => undefined,
    end: () => undefined,
  });
  client.send("x".repeat(70_000));
  while (received < 1) await new Promise((resolve) => setImmediate(resolve));
  client.send("second");
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(received, 1);
  transport.resume();
  while (received < 2) await new Promise((resolve) => setImmediate(resolve));
});
