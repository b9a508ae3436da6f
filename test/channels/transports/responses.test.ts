import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { eventually } from "../support/eventually.js";
import { RawClient } from "../support/raw-client.js";
import { post, RawStream } from "../support/raw-stream.js";
import { startServer, type TestServer } from "../support/server.js";

/*
 * The two responses that go on, byte by byte, and clients that do not behave.
 */

const CONNECT = '{"id":1,"connect":{}}';
const opens = { http_stream: RawStream.stream, sse: RawStream.events };

/** A socket that has sent a request by hand. */
async function sent(t: TestContext, server: TestServer, text: string): Promise<Socket> {
  const socket = connect(server.port, "127.0.0.1").on("error", () => {});
  t.after(() => socket.destroy());
  await once(socket, "connect");
  socket.write(text);
  return socket;
}

function requestFor(name: keyof typeof opens): string {
  return name === "sse"
    ? `GET /connection/sse?cf_connect=${encodeURIComponent(CONNECT)} HTTP/1.1\r\nHost: a\r\n\r\n`
    : `POST /connection/http_stream HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${CONNECT.length}\r\n\r\n${CONNECT}`;
}

for (const name of ["http_stream", "sse"] as const)
  describe(`a response of ${name}`, () => {
    test("begins with what keeps proxies from holding it back, and no permission for other origins", async (t) => {
      const server = await startServer(t);
      const { response, ...client } = await opens[name](t, server);
      assert.equal(response.statusCode, 200);
      const { headers } = response;
      assert.equal(headers["content-type"], name === "sse" ? "text/event-stream" : "application/x-ndjson");
      assert.equal(headers["cache-control"], "no-store, no-transform");
      assert.equal(headers["x-accel-buffering"], "no");
      assert.equal(headers["content-encoding"], undefined);
      assert.equal(headers["access-control-allow-origin"], undefined);
      assert.ok(client);
    });

    test("tells the client its session and node, which are not what others see of it", async (t) => {
      const server = await startServer(t);
      const clients = [await opens[name](t, server), await opens[name](t, server)];
      const results = await Promise.all(
        clients.map(async (client) => (await client.reply(1)).connect as Record<string, string>),
      );
      for (const { client, session, node, ping } of results) {
        assert.match(session ?? "", /^[0-9a-f]{32}$/);
        assert.match(node ?? "", /^[0-9a-f]{16}$/);
        assert.notEqual(session, client);
        assert.equal(ping, 25);
        assert.ok(!JSON.stringify(server.log).includes(session ?? ""), "it is in no log either");
      }
      assert.notEqual(results[0]?.session, results[1]?.session);
      assert.equal(results[0]?.node, results[1]?.node);
    });

    test("ends cleanly after the reason why", async (t) => {
      const server = await startServer(t);
      const client = await opens[name](t, server);
      await client.reply(1);
      await server.gateway.close(5_000);
      assert.deepEqual(await client.disconnected(), { code: 3001, reason: "shutdown" });
      assert.equal(await client.ended, "complete");
      assert.equal(server.gateway.stats().sessions, 0);
    });

    test("outlives every time limit of the HTTP server", async (t) => {
      const http = {
        requestTimeout: 300,
        headersTimeout: 300,
        keepAliveTimeout: 300,
        connectionsCheckingInterval: 50,
      };
      // Five times as long as they are.
      const server = await startServer(t, { http, gateway: { pingInterval: 250, pongTimeout: 60_000 } });
      const client = await opens[name](t, server);
      const pings = () => client.replies.filter((reply) => Object.keys(reply).length === 0).length;
      await client.until(() => (pings() >= 6 ? true : undefined), "six pings");
      assert.equal(server.gateway.stats().sessions, 1);
    });

    test("ends for a client that answers no ping, with code 3012", async (t) => {
      const server = await startServer(t, { gateway: { pingInterval: 40, pongTimeout: 20 } });
      const client = await opens[name](t, server);
      assert.deepEqual(await client.disconnected(), { code: 3012, reason: "no pong" });
      assert.equal(await client.ended, "complete");
    });

    test("lets go of everything when the client goes", async (t) => {
      const server = await startServer(t);
      const client = await opens[name](t, server);
      assert.equal(await client.command({ id: 2, subscribe: { channel: "mqtt:a" } }), 204);
      await client.reply(2);
      client.response.destroy();
      await eventually(() => server.gateway.stats().sessions === 0, "the session is gone");
      assert.equal(server.bridge.stats().subscribers, 0);
    });

    test("that is read too slowly ends with code 3008, and others notice nothing", async (t) => {
      const server = await startServer(t, { gateway: { maxOutboxSize: 100_000 } });
      const slow = await opens[name](t, server);
      await slow.command({ id: 2, subscribe: { channel: "mqtt:flood" } });
      await slow.reply(2);
      const healthy = await RawClient.connect(t, server.url);
      healthy.command({ id: 2, subscribe: { channel: "mqtt:flood" } });
      await healthy.reply(2);
      slow.response.pause();
      const payload = JSON.stringify("x".repeat(10_000));
      let count = 0;
      while (server.gateway.stats().disconnects.slow === undefined && count < 10_000) {
        server.bus.send("flood", payload);
        await healthy.pushed(++count);
      }
      assert.equal(server.bridge.stats().subscribers, 1);
      slow.response.resume();
      assert.deepEqual(await slow.disconnected(), { code: 3008, reason: "slow" });
      server.bus.send("flood", '"after"');
      assert.equal((await healthy.pushed(count + 1)).at(-1)?.pub.data, "after");
    });

    test("that nobody reads does not hold up a shutdown", async (t) => {
      const server = await startServer(t, { gateway: { maxOutboxSize: 64 * 1024 ** 2 } });
      const client = await opens[name](t, server);
      await client.command({ id: 2, subscribe: { channel: "mqtt:flood" } });
      await client.reply(2);
      client.response.pause();
      const payload = JSON.stringify("x".repeat(60_000));
      // More than the kernel takes.
      for (let i = 0; i < 500; i++) {
        server.bus.send("flood", payload);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await server.gateway.close(50);
      assert.equal(server.gateway.stats().sessions, 0);
      client.response.resume();
      assert.equal(await client.ended, "aborted");
    });

    test("is refused with 503 when there are as many sessions as there may be", async (t) => {
      const server = await startServer(t, { gateway: { maxSessions: 1 } });
      const first = await RawClient.connect(t, server.url);
      const refused = await opens[name](t, server);
      assert.equal(refused.response.statusCode, 503);
      await refused.ended;
      assert.match(refused.text, /has 1 sessions already/);
      assert.equal(server.gateway.stats().refused, 1);
      first.socket.close();
      await first.closed;
      assert.equal((await opens[name](t, server)).response.statusCode, 200);
    });

    test("is refused with 503 once the server is to stop, while those that go on are served", async (t) => {
      const server = await startServer(t);
      const client = await opens[name](t, server);
      server.gateway.shut();
      const refused = await opens[name](t, server);
      assert.equal(refused.response.statusCode, 503);
      assert.equal(await client.command({ id: 2, subscribe: { channel: "mqtt:a" } }), 204);
      await client.reply(2);
    });

    test("is not queued behind another one on the same connection", async (t) => {
      const server = await startServer(t);
      const socket = await sent(t, server, requestFor(name).repeat(5));
      await once(socket, "data");
      await eventually(() => server.gateway.stats().refused === 4, "the others are refused");
      assert.equal(server.gateway.stats().sessions, 1);
      socket.destroy();
      await eventually(() => server.gateway.stats().sessions === 0, "the session is gone");
    });

    test("ends for what is no command, with code 3501", async (t) => {
      const server = await startServer(t);
      const client = await opens[name](t, server, '{"id":1,"subscribe":{"channel":"mqtt:a"}}');
      assert.deepEqual(await client.disconnected(), {
        code: 3501,
        reason: "bad request: the first command must be connect",
      });
      assert.equal(await client.ended, "complete");
    });
  });

test("a client that never takes the rest of a response is cut off", async (t) => {
  const server = await startServer(t, { gateway: { maxOutboxSize: 100_000 } });
  const client = await RawStream.stream(t, server);
  await client.command({ id: 2, subscribe: { channel: "mqtt:flood" } });
  await client.reply(2);
  client.response.pause();
  const payload = JSON.stringify("x".repeat(60_000));
  while (server.gateway.stats().disconnects.slow === undefined) {
    server.bus.send("flood", payload);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(server.gateway.stats().sessions, 1);
  while (server.gateway.stats().sessions > 0) await new Promise((resolve) => setImmediate(resolve));
  client.response.resume();
  assert.equal(await client.ended, "aborted");
});

describe("the first commands of http_stream", () => {
  test("may be several, and are answered in order", async (t) => {
    const server = await startServer(t);
    const client = await RawStream.stream(
      t,
      server,
      `${CONNECT}\n{"id":2,"subscribe":{"channel":"mqtt:a"}}\n`,
    );
    await client.reply(2);
    assert.deepEqual(
      client.replies.map(({ id }) => id),
      [1, 2],
    );
  });

  const refused: [string, BodyInit, string, number, RegExp][] = [
    ["nothing", "", "application/json", 400, /connect command/],
    ["blank lines", "\n\n", "application/json", 400, /connect command/],
    ["another encoding", Buffer.from([1, 2, 3]), "application/octet-stream", 415, /application\/json/],
    ["what a page of another origin may send", CONNECT, "text/plain", 415, /application\/json/],
    ["no type", Buffer.from(CONNECT), "", 415, /application\/json/],
    ["bytes that are not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), "application/json", 400, /UTF-8/],
    ["too much", " ".repeat(70_000), "application/json", 413, /larger than 65536 bytes/],
  ];
  for (const [what, body, type, status, error] of refused)
    test(`are refused with ${status} when they are ${what}`, async (t) => {
      const server = await startServer(t);
      const response = await post(server, "/connection/http_stream", body, type);
      assert.equal(response.status, status);
      assert.match(((await response.json()) as { error: string }).error, error);
      assert.equal(server.gateway.stats().opened, 0);
      assert.equal(server.gateway.stats().refused, 1);
    });

  test("are read no further when they have no end", async (t) => {
    const server = await startServer(t);
    const head = "POST /connection/http_stream HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    const socket = await sent(t, server, `${head}Content-Length: ${2 ** 40}\r\n\r\n`);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    const chunk = Buffer.alloc(64 * 1024, " ");
    const write = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    write();
    socket.on("drain", write);
    await closed;
    assert.ok(socket.bytesWritten < 32 * 1024 ** 2, `${socket.bytesWritten} bytes were taken`);
    assert.equal(server.gateway.stats().refused, 1);
  });

  test("that stop half-way open nothing", async (t) => {
    const server = await startServer(t, { http: { requestTimeout: 100, connectionsCheckingInterval: 20 } });
    const socket = await sent(t, server, requestFor("http_stream").slice(0, -3));
    assert.match(String((await once(socket, "data"))[0]), /^HTTP\/1\.1 408 /);
    assert.equal(server.gateway.stats().opened, 0);
  });
});

describe("the command in the query of sse", () => {
  const refused: [string, string][] = [
    ["is missing", "/connection/sse"],
    ["is empty", "/connection/sse?cf_connect="],
    [
      "is followed by others, which any page could have a browser send",
      `/connection/sse?cf_connect=${encodeURIComponent(`${CONNECT}\n{"id":2,"publish":{"channel":"mqtt:a","data":1}}`)}`,
    ],
  ];
  for (const [what, path] of refused)
    test(`is refused with 400 when it ${what}`, async (t) => {
      const server = await startServer(t);
      const response = await fetch(server.httpUrl(path));
      assert.equal(response.status, 400);
      assert.match(await response.text(), /cf_connect/);
      assert.equal(server.gateway.stats().opened, 0);
      assert.deepEqual(server.bus.published, []);
    });

  test("may be as long as a token makes it, and what is longer than a request may be opens nothing", async (t) => {
    const verifyConnection = async () => ({ user: "7", channels: [] });
    const tokens = { verifyConnection, verifySubscription: () => Promise.reject(new Error("not asked for")) };
    const server = await startServer(t, { tokens });
    const withToken = (length: number) =>
      RawStream.events(t, server, JSON.stringify({ id: 1, connect: { token: "x".repeat(length) } }));
    await (await withToken(8_000)).reply(1);
    assert.equal((await withToken(100_000)).response.statusCode, 431);
  });
});

test("an event is one message: a field for each reply, told apart by an empty line", async (t) => {
  const server = await startServer(t);
  const client = await RawStream.events(t, server);
  await client.command(
    { id: 2, subscribe: { channel: "mqtt:a" } },
    { id: 3, subscribe: { channel: "mqtt:b" } },
  );
  await client.reply(3);
  assert.match(
    client.text,
    /^retry: [1-4]\d{3}\n\ndata: \{"id":1,.*\}\n\ndata: \{"id":2,.*\}\ndata: \{"id":3,.*\}\n\n$/,
  );
});
