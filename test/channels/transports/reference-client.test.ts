import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, type TestContext, test } from "node:test";
import { Centrifuge, type Options } from "centrifuge";
import { WebSocket } from "ws";
import { by, CARRIERS, type Carrier } from "../support/carrier.js";
import { connectClient, Listening } from "../support/client.js";
import { eventually } from "../support/eventually.js";
import { startServer, type TestServer } from "../support/server.js";

function connect(t: TestContext, carrier: Carrier, { port }: TestServer, more: Partial<Options> = {}) {
  const [endpoints, options] = by(carrier, `127.0.0.1:${port}`);
  return connectClient(t, endpoints, { ...options, ...more });
}

/** The next event of a client, with its code where it has one. */
async function next(client: Centrifuge, event: string): Promise<{ code?: number; reason?: string }> {
  const [context] = await once(client as never, event);
  return context;
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

for (const carrier of CARRIERS)
  describe(`the reference client over ${carrier}`, () => {
    test("connects, subscribes, receives in order, publishes and unsubscribes", async (t) => {
      const server = await startServer(t);
      const client = await connect(t, carrier, server);
      const none = { websocket: 0, http_stream: 0, sse: 0 };
      assert.deepEqual(server.gateway.stats().transports, { ...none, [carrier]: 1 });
      const listening = await Listening.begin(client, "mqtt:a/#");
      for (let i = 0; i < 500; i++) server.bus.send("a/b", `{"n":${i},\r\n "text":"ü \\n \\r\u2028"}`);
      const received = await listening.received(500);
      assert.deepEqual(
        received.map(({ data }) => data.n),
        numbers(500),
      );
      assert.equal(received[0]?.data.text, "ü \n \r\u2028");
      await client.publish("mqtt:a/c", { relay: true });
      assert.deepEqual((await listening.received(501)).at(-1)?.data, { relay: true });
      listening.subscription.unsubscribe();
      await eventually(() => server.gateway.stats().subscriptions === 0, "it is unsubscribed");
      client.disconnect();
      await eventually(() => server.gateway.stats().sessions === 0, "the session is gone");
      assert.deepEqual(server.gateway.stats().transports, none);
      assert.equal(server.bridge.stats().subscribers, 0);
    });

    test("is told what is wrong with a command", async (t) => {
      const server = await startServer(t);
      const client = await connect(t, carrier, server);
      await assert.rejects(client.publish("nobody", 1), { code: 102 });
      await assert.rejects(client.presence("mqtt:a"), { code: 108 });
    });

    test("has what it sends without waiting handled in order", async (t) => {
      const server = await startServer(t);
      const client = await connect(t, carrier, server);
      await Promise.all(numbers(200).map((n) => client.publish("mqtt:a", n)));
      assert.deepEqual(
        server.bus.published.map(({ payload }) => Number(payload)),
        numbers(200),
      );
    });

    test("changes its mind about a subscription again and again, and ends where it should", async (t) => {
      const server = await startServer(t);
      const client = await connect(t, carrier, server);
      const subscription = client.newSubscription("mqtt:a");
      for (let i = 0; i < 100; i++) {
        subscription.subscribe();
        subscription.unsubscribe();
      }
      subscription.subscribe();
      await subscription.ready(5_000);
      assert.equal(server.gateway.stats().subscriptions, 1);
      assert.equal(server.bridge.stats().subscribers, 1);
    });

    test("answers pings, and stays", async (t) => {
      const server = await startServer(t, { gateway: { pingInterval: 200, pongTimeout: 180 } });
      const client = await connect(t, carrier, server);
      const before = server.gateway.stats().messagesReceived;
      await eventually(() => server.gateway.stats().messagesReceived >= before + 4, "four pongs have come");
      assert.equal(client.state, "connected");
      assert.deepEqual(server.gateway.stats().disconnects, {});
    });

    test("comes back after a shutdown, and has its subscriptions again", async (t) => {
      const first = await startServer(t);
      const client = await connect(t, carrier, first);
      const listening = await Listening.begin(client, "mqtt:a");
      const left = next(client, "connecting");
      const again = once(listening.subscription as never, "subscribed");
      await first.stop();
      assert.deepEqual(await left, { code: 3001, reason: "shutdown" });
      const second = await startServer(t, { port: first.port });
      await again;
      second.bus.send("a", '"after"');
      assert.deepEqual((await listening.received(1)).at(-1)?.data, "after");
    });

    test("comes back after the server was killed, and has its subscriptions again", async (t) => {
      const first = await startServer(t);
      const client = await connect(t, carrier, first);
      const listening = await Listening.begin(client, "mqtt:a");
      const left = next(client, "connecting");
      const again = once(listening.subscription as never, "subscribed");
      await first.stop("cut");
      assert.deepEqual(await left, { code: 1, reason: "transport closed" });
      const second = await startServer(t, { port: first.port });
      await again;
      second.bus.send("a", '"after"');
      assert.deepEqual((await listening.received(1)).at(-1)?.data, "after");
    });

    test("gets a snapshot that is larger than what may wait for it, page by page", async (t) => {
      const server = await startServer(t, {
        channels: [{ channel: "all", topics: ["d/#"], snapshot: true }],
        gateway: { maxOutboxSize: 256 * 1024 },
      });
      const filler = "x".repeat(1_000);
      for (const n of numbers(3_000))
        server.bus.send(`d/${n}`, JSON.stringify({ n, filler }), { retain: true });
      const client = await connect(t, carrier, server);
      const listening = await Listening.begin(client, "all");
      const received = await listening.received(3_000);
      assert.deepEqual(
        received.map(({ data }) => data.n).sort((a, b) => a - b),
        numbers(3_000),
      );
    });
  });

for (const carrier of ["http_stream", "sse"] as const)
  describe(`the reference client over ${carrier}, when something is wrong with its requests`, () => {
    /** A fetch that has /emulation called with another body than was asked for. */
    const altered =
      (change: (body: Record<string, string>) => object): typeof fetch =>
      (url, options) => {
        if (!String(url).endsWith("/emulation")) return fetch(url, options);
        const body = JSON.stringify(change(JSON.parse(String(options?.body))));
        return fetch(url, { ...options, body });
      };

    test("it stays away when it is told that what it sends is not the protocol", async (t) => {
      const server = await startServer(t);
      const nonsense = altered((body) => ({ ...body, data: "nonsense" }));
      const client = await connect(t, carrier, server, { fetch: nonsense });
      const left = next(client, "disconnected");
      client.newSubscription("mqtt:a").subscribe();
      const { code, reason } = await left;
      assert.equal(code, 3501);
      assert.match(reason ?? "", /a command must be JSON/);
    });

    test("it connects anew when the server does not know its session", async (t) => {
      const server = await startServer(t);
      let wrong = true;
      const once = altered((body) => (wrong ? { ...body, session: "0".repeat(32) } : body));
      const client = await connect(t, carrier, server, { fetch: once });
      const left = next(client, "connecting");
      const subscription = client.newSubscription("mqtt:a");
      subscription.subscribe();
      await left;
      wrong = false;
      await subscription.ready(5_000);
      assert.equal(server.gateway.stats().refusedRequests[404], 1);
      await eventually(() => server.gateway.stats().sessions === 1, "the session that it left is gone");
    });
  });

test("a client that cannot use WebSockets falls back to what works", async (t) => {
  const server = await startServer(t);
  const host = `127.0.0.1:${server.port}`;
  const [, options] = by("sse", host);
  // Nothing listens on that port.
  const endpoints = [...by("websocket", "127.0.0.1:1")[0], ...by("http_stream", host)[0]];
  const client = new Centrifuge(endpoints, { ...options, websocket: WebSocket });
  t.after(() => client.disconnect());
  const errors: unknown[] = [];
  client.on("error", ({ transport }) => errors.push(transport));
  client.connect();
  await client.ready(5_000);
  assert.deepEqual(errors, ["websocket"]);
  await client.publish("mqtt:a", 1);
  assert.equal(server.gateway.stats().transports.http_stream, 1);
});
