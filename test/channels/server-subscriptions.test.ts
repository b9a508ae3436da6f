import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Centrifuge, PublicationContext, ServerSubscribedContext } from "centrifuge";
import { connectClient, event } from "./support/client.js";
import { cuttable } from "./support/cuttable.js";
import { eventually } from "./support/eventually.js";
import { Gate } from "./support/gate.js";
import { answer, errorOf, heard, publications, pushes } from "./support/heard.js";
import { MemoryBus } from "./support/memory-bus.js";
import { RawClient } from "./support/raw-client.js";
import { startServer, type TestServer } from "./support/server.js";
import { TestTokens } from "./support/test-tokens.js";

const news = { channel: "news", topics: ["news/#"], history: { size: 100, ttl: 60_000 } };
const rooms = { channel: "rooms", topics: ["rooms/#"], snapshot: true, presence: true };
const vault = { channel: "vault", topics: ["vault"], requireToken: true };
/** Its last values are read when somebody subscribes, so a test can make that take long. */
const slow = "mqtt:slow/#";

function serve(t: TestContext, gateway: object = {}, bus = new MemoryBus()): Promise<TestServer> {
  return startServer(t, { channels: [news, rooms, vault], tokens: new TestTokens(), gateway, bus });
}

function tokenFor(...channels: string[]): string {
  return TestTokens.connection({ user: "ann", channels });
}

async function connectRaw(t: TestContext, { url }: TestServer, connect: object): Promise<RawClient> {
  const client = await RawClient.open(t, url);
  client.command({ id: 1, connect });
  return client;
}

/** The reference client, and what it hears of channels that it never subscribed to. */
async function connectReference(t: TestContext, url: string, ...channels: string[]) {
  const { websocket, cut, current } = cuttable();
  const subscribed: ServerSubscribedContext[] = [];
  const got: PublicationContext[] = [];
  const client: Centrifuge = await connectClient(
    t,
    url,
    { websocket, token: tokenFor(...channels) },
    (fresh) => {
      fresh.on("subscribed", (context) => subscribed.push(context));
      fresh.on("publication", (publication) => got.push(publication));
    },
  );
  return { client, cut, current, subscribed, got, data: () => got.map(({ data }) => data) };
}

test("a session is subscribed to what its token names", async (t) => {
  const server = await serve(t);
  server.bus.send("rooms/a", "1");
  const { subscribed, got } = await connectReference(t, server.url, "news", "rooms", "vault");
  server.bus.send("news/1", "2");
  server.bus.send("vault", "3");
  await eventually(() => got.length === 3, "three publications");
  assert.deepEqual(subscribed.map(({ channel }) => channel).sort(), ["news", "rooms", "vault"]);
  assert.deepEqual(
    got.map(({ channel, data }) => [channel, data]),
    [
      ["rooms", 1],
      ["news", 2],
      ["vault", 3],
    ],
  );
  assert.equal(server.gateway.stats().subscriptions, 3);
});

test("after a cut it is given what it missed, and told so", async (t) => {
  const server = await serve(t);
  const { client, cut, subscribed, data } = await connectReference(t, server.url, "news");
  server.bus.send("news/a", "1");
  await eventually(() => data().length === 1, "the first");
  const connected = event(client, "connected");
  cut();
  await eventually(() => server.gateway.stats().sessions === 0, "the session is gone");
  for (const n of [2, 3, 4]) server.bus.send("news/a", String(n));
  await connected;
  server.bus.send("news/a", "5");
  await eventually(() => data().length >= 5, "all five");
  assert.deepEqual(data(), [1, 2, 3, 4, 5]);
  assert.deepEqual(
    subscribed.map(({ wasRecovering, recovered }) => [wasRecovering, recovered]),
    [
      [false, false],
      [true, true],
    ],
  );
});

test("nothing is pushed before the answer to connect, however long a channel takes to open", async (t) => {
  const server = await serve(t);
  const gate = new Gate();
  server.bus.beforeRetained = gate.pass;
  const client = await connectRaw(t, server, { token: tokenFor("news", slow, "rooms") });
  await gate.reached;
  server.bus.send("news/a", "1");
  server.bus.send("rooms/a", "2");
  await new Promise((resolve) => setImmediate(resolve));
  server.bus.send("news/a", "3");
  gate.open();
  await answer(client, 1);
  await heard(client, "news", 2);
  assert.equal(client.replies[0]?.id, 1);
  const { subs } = (await answer(client, 1)) as { subs: Record<string, { offset?: number }> };
  assert.deepEqual(Object.keys(subs), ["news", slow, "rooms"]);
  assert.equal(subs.news?.offset, 0);
  assert.deepEqual(
    publications(client, "news").map(({ data, offset }) => [data, offset]),
    [
      [1, 1],
      [3, 2],
    ],
  );
  assert.deepEqual(
    pushes(client, "rooms").map(({ pub, join }) => [pub?.data, join?.info.user]),
    [
      [undefined, "ann"],
      [2, undefined],
    ],
  );
});

test("what comes while it connects again is neither lost nor told before what it missed", async (t) => {
  const server = await serve(t);
  const { client, cut, data } = await connectReference(t, server.url, "news", slow);
  server.bus.send("news/a", "1");
  await eventually(() => data().length === 1, "the first");
  const connected = event(client, "connected");
  cut();
  await eventually(() => server.gateway.stats().sessions === 0, "the session is gone");
  server.bus.send("news/a", "2");
  await eventually(() => server.gateway.stats().subscriptions > 0, "it is coming back");
  for (const n of [3, 4, 5]) {
    server.bus.send("news/a", String(n));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await connected;
  await eventually(() => data().length >= 5, "all five");
  assert.deepEqual(data(), [1, 2, 3, 4, 5]);
});

test("a channel that cannot be had does not keep the session from the others, and the log names it", async (t) => {
  const server = await serve(t, { maxChannels: 3 });
  const channels = ["news", "nowhere", "news", "rooms", "mqtt:a", "mqtt:b"];
  const client = await connectRaw(t, server, { token: tokenFor(...channels) });
  const { subs } = (await answer(client, 1)) as { subs: object };
  assert.deepEqual(Object.keys(subs), ["news", "rooms", "mqtt:a"]);
  const lines = server.log.filter(({ msg }) => msg === "a session was not subscribed by the server");
  assert.deepEqual(
    lines.map(({ channel, reason }) => [channel, String(reason).split(":")[0]]),
    [
      ["nowhere", "unknown channel"],
      ["news", "already subscribed"],
      ["mqtt:b", "limit exceeded"],
    ],
  );
});

test("retained messages that cannot be read keep the session from one channel only", async (t) => {
  const server = await serve(t);
  server.bus.beforeRetained = () => Promise.reject(new Error("disk on fire"));
  const client = await connectRaw(t, server, { token: tokenFor("news", slow) });
  const { subs } = (await answer(client, 1)) as { subs: object };
  assert.deepEqual(Object.keys(subs), ["news"]);
  assert.deepEqual([server.gateway.stats().subscriptions, server.bridge.stats().subscribers], [1, 1]);
});

test("the client cannot subscribe to them again, may end them, and then may", async (t) => {
  const server = await serve(t);
  const client = await connectRaw(t, server, { token: tokenFor("news") });
  client.command({ id: 2, subscribe: { channel: "news" } });
  assert.equal(await errorOf(client, 2), 105);
  client.command({ id: 3, unsubscribe: { channel: "news" } }, { id: 4, subscribe: { channel: "news" } });
  assert.equal((await answer(client, 4)).recoverable, true);
  server.bus.send("news/a", "1");
  await heard(client, "news", 1);
  assert.equal(server.bridge.stats().subscribers, 1);
});

test("a refreshed token leaves the subscriptions as they are", async (t) => {
  const server = await serve(t);
  const client = await connectRaw(t, server, { token: tokenFor("news") });
  await answer(client, 1);
  client.command({ id: 2, refresh: { token: tokenFor("rooms") } });
  await answer(client, 2);
  server.bus.send("rooms/a", "1");
  server.bus.send("news/a", "2");
  await heard(client, "news", 1);
  assert.deepEqual(pushes(client, "rooms"), []);
});

test("positions of channels that the token does not name are of no interest", async (t) => {
  const server = await serve(t);
  for (const subs of [
    { vault: { recover: true } },
    { news: 3 },
    { news: { recover: "x", epoch: 1, offset: {} } },
    [],
  ]) {
    const client = await connectRaw(t, server, { token: tokenFor("news"), subs });
    if (Array.isArray(subs)) {
      assert.equal(await errorOf(client, 1), 107);
      continue;
    }
    const { subs: given } = (await answer(client, 1)) as { subs: object };
    assert.deepEqual(Object.keys(given), ["news"]);
  }
});

test("a history that is cut behind it ends the session with code 3010: it comes back and is told", async (t) => {
  const large = { ...news, history: { size: 2_000, ttl: 60_000 } };
  const server = await startServer(t, {
    channels: [large],
    tokens: new TestTokens(),
    gateway: { maxOutboxSize: 256 * 1024 },
  });
  const send = (from: number, to: number, size: number): void => {
    for (let n = from; n <= to; n++)
      server.bus.send("news/a", JSON.stringify({ n, filler: "x".repeat(size) }));
  };
  const { client, cut, current, subscribed, data } = await connectReference(t, server.url, "news");
  send(1, 1, 1);
  await eventually(() => data().length === 1, "the first");
  const connected = event(client, "connected");
  cut();
  await eventually(() => server.gateway.stats().sessions === 0, "the session is gone");
  send(2, 2_001, 10_000);
  await connected;
  current().pause();
  send(2_002, 4_100, 10);
  const again = event(client, "connected");
  const left = event(client, "connecting");
  current().resume();
  assert.equal((await left).code, 3010);
  await again;
  assert.deepEqual(
    subscribed.map(({ wasRecovering, recovered }) => [wasRecovering, recovered]),
    [
      [false, false],
      [true, true],
      [true, false],
    ],
  );
  assert.deepEqual(server.gateway.stats().disconnects, { insufficientState: 1 });
});

test("a quiet server subscription has missed nothing after a cut", async (t) => {
  const server = await serve(t);
  const { client, cut, subscribed } = await connectReference(t, server.url, "news");
  const connected = event(client, "connected");
  cut();
  await connected;
  await eventually(() => subscribed.length === 2, "it is subscribed again");
  assert.deepEqual([subscribed[1]?.wasRecovering, subscribed[1]?.recovered], [true, true]);
});

test("what waits for the answer to connect has a bound", async (t) => {
  const server = await serve(t, { maxOutboxSize: 100_000 });
  const gate = new Gate();
  server.bus.beforeRetained = gate.pass;
  const client = await connectRaw(t, server, { token: tokenFor("news", slow) });
  await gate.reached;
  for (let n = 0; n < 200; n++) server.bus.send("news/a", JSON.stringify("x".repeat(1_000)));
  assert.equal((await client.closed).code, 3008);
  gate.open();
  await eventually(() => server.bridge.stats().subscribers === 0, "nothing is left");
  assert.equal(server.gateway.stats().subscriptions, 0);
});

test("a connect that cannot be answered in time ends with a code that has clients come back", async (t) => {
  const server = await serve(t, { connectTimeout: 50 });
  const gate = new Gate();
  server.bus.beforeRetained = gate.pass;
  const client = await connectRaw(t, server, { token: tokenFor("news", slow) });
  assert.equal((await client.closed).code, 3004);
  gate.open();
  await eventually(() => server.bridge.stats().subscribers === 0, "nothing is left");
  assert.equal(server.gateway.stats().subscriptions, 0);
});
