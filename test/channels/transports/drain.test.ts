import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { WebSocket } from "ws";
import { startServer as startProcess } from "../../helpers/server.js";
import { by, CARRIERS } from "../support/carrier.js";
import { connectClient } from "../support/client.js";
import { RawClient } from "../support/raw-client.js";
import { RawStream } from "../support/raw-stream.js";
import { startServer } from "../support/server.js";

test("sessions of all kinds are told to come back one after the other, and go on until then", async (t) => {
  const server = await startServer(t);
  const plain = await RawClient.open(t, server.plainUrl("mqtt:a"));
  const sockets = await Promise.all(Array.from({ length: 40 }, () => RawClient.connect(t, server.url)));
  const streams = await Promise.all(
    Array.from({ length: 40 }, (_, i) => (i % 2 ? RawStream.stream(t, server) : RawStream.events(t, server))),
  );
  const order: number[] = [];
  const told = [
    ...sockets.map(async ({ closed }, i) => {
      assert.deepEqual(await closed, { code: 3001, reason: "shutdown" });
      order.push(i);
    }),
    ...streams.map(async (stream, i) => {
      assert.deepEqual(await stream.disconnected(), { code: 3001, reason: "shutdown" });
      order.push(sockets.length + i);
      assert.equal(await stream.ended, "complete");
    }),
    plain.closed.then(({ code }) => assert.equal(code, 3001)),
  ];
  const begun = performance.now();
  const closed = server.gateway.close(10_000, 5_000);
  await Promise.race(told);
  assert.ok(server.gateway.stats().sessions > 0, "the others are still there");
  server.bus.send("a", '"while it drains"');
  await closed;
  assert.ok(performance.now() - begun >= 5 * 80 - 1, "all were told at once");
  await Promise.all(told);
  assert.notDeepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
});

test("the time limit holds for sessions that have not been told yet", async (t) => {
  const server = await startServer(t);
  const sockets = await Promise.all(Array.from({ length: 100 }, () => RawClient.connect(t, server.url)));
  await server.gateway.close(50, 60_000);
  const codes = await Promise.all(sockets.map(async ({ closed }) => (await closed).code));
  assert.deepEqual([...new Set(codes)].sort(), [1006, 3001]);
});

test("a server that is told to stop is not ready from then on, lets nobody in and sends its sessions away over the window", async (t) => {
  const server = await startProcess(t, { config: { drain: { window: "2s" } } });
  const host = server.addresses.http ?? "";
  const count = 60;
  const times: number[] = [];
  const reasons = new Set<string>();
  for (let i = 0; i < count; i++) {
    const [endpoints, options] = by(CARRIERS[i % CARRIERS.length] ?? "websocket", host);
    const client = await connectClient(t, endpoints, { ...options, minReconnectDelay: 60_000 });
    client.on("connecting", ({ code, reason }) => {
      times.push(performance.now());
      reasons.add(`${code} ${reason}`);
    });
  }
  // It does not take part in closing its connection, so the server is not done before it has lost patience with it.
  const frozen = new WebSocket(`ws://${host}/connection/websocket`);
  t.after(() => frozen.terminate());
  await once(frozen, "open");
  frozen.pause();
  const stopped = server.stop();
  await server.logged(({ msg }) => msg.startsWith("draining"));
  const ready = await fetch(`${server.httpUrl}/readyz`);
  assert.equal(ready.status, 503);
  assert.deepEqual(await ready.json(), { status: "not ready", reason: "the server is shutting down" });
  const socket = new WebSocket(`ws://${host}/connection/websocket`);
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  assert.equal(response.statusCode, 503);
  const headers = { "content-type": "application/json" };
  const body = '{"id":1,"connect":{}}';
  const stream = await fetch(`${server.httpUrl}/connection/http_stream`, { method: "POST", headers, body });
  assert.equal(stream.status, 503);
  assert.equal((await fetch(`${server.httpUrl}/connection/sse?cf_connect=${body}`)).status, 503);
  assert.equal(await stopped, 0);
  assert.equal(times.length, count);
  assert.deepEqual([...reasons], ["3001 shutdown"]);
  const [first = 0, last = 0] = [Math.min(...times), Math.max(...times)];
  assert.ok(last - first >= 100, `all left within ${last - first} ms`);
});

test("a server with a few pages open stops at once", async (t) => {
  const server = await startProcess(t, { config: { drain: { window: "50s" }, shutdownTimeout: "55s" } });
  const left = await Promise.all(
    CARRIERS.map(async (carrier) => {
      const [endpoints, options] = by(carrier, server.addresses.http ?? "");
      const client = await connectClient(t, endpoints, { ...options, minReconnectDelay: 60_000 });
      return { left: once(client as never, "connecting") };
    }),
  );
  const begun = performance.now();
  assert.equal(await server.stop(), 0);
  assert.ok(performance.now() - begun < 15_000, "it waited for the window");
  for (const { left: event } of left) assert.equal((await event)[0].code, 3001);
});
