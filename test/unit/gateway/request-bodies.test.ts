import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { type TestContext, test } from "node:test";
import type { Refusal } from "../../../src/gateway/refusal.js";
import { RequestBodies } from "../../../src/gateway/request-bodies.js";

/** A server that reads bodies of 1,000 bytes at most, and what it makes of them. */
async function reading(t: TestContext, bodies: RequestBodies) {
  const results: (string | Refusal)[] = [];
  let changed = () => {};
  const server = createServer((request, response) => {
    request.on("data", () => setImmediate(() => changed()));
    request.on("close", () => setImmediate(() => changed()));
    bodies.read(request, 1_000).then((result) => {
      results.push(result);
      response.end();
      changed();
    });
  });
  server.listen(0, "127.0.0.1");
  t.after(() => server.close().closeAllConnections());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    results,
    send: (head: string, body: string) => {
      const socket = connect(port, "127.0.0.1").on("error", () => {});
      t.after(() => socket.destroy());
      socket.write(`POST / HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n${body}`);
      return socket;
    },
    until: async (condition: () => boolean) => {
      while (!condition())
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
    },
  };
}

test("bodies that never come whole are held up to a bound over all connections, and given back", async (t) => {
  const bodies = new RequestBodies(2_500);
  const { send, until, results } = await reading(t, bodies);
  const sockets = [];
  for (let i = 1; i <= 2; i++) {
    sockets.push(send("Content-Length: 1000", "x".repeat(999)));
    await until(() => bodies.held === i * 999);
  }
  send("Content-Length: 1000", "x".repeat(999));
  await until(() => results.length === 1);
  assert.equal((results[0] as Refusal).status, 503);
  assert.equal(bodies.held, 2 * 999);
  sockets[0]?.destroy();
  await until(() => bodies.held === 999);
  sockets[1]?.write("y");
  await until(() => results.length === 2);
  assert.equal(results[1], `${"x".repeat(999)}y`);
  assert.equal(bodies.held, 0);
});

test("a body that is too large is held no longer, whether it says so or not", async (t) => {
  const bodies = new RequestBodies();
  const { send, until, results } = await reading(t, bodies);
  send("Content-Length: 1001", "x".repeat(1_001));
  await until(() => results.length === 1);
  const chunk = `${(600).toString(16)}\r\n${"x".repeat(600)}\r\n`;
  const socket = send("Transfer-Encoding: chunked", chunk);
  await until(() => bodies.held === 600);
  socket.write(chunk);
  await until(() => bodies.held === 0);
  assert.equal(results.length, 1);
  socket.write("0\r\n\r\n");
  await until(() => results.length === 2);
  for (const result of results) assert.equal((result as Refusal).status, 413);
});
