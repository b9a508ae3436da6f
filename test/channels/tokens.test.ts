import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { Centrifuge, type Options } from "centrifuge";
import { WebSocket } from "ws";
import { connectClient, event } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { Gate } from "./support/gate.js";
import { answer, errorOf, publications, pushes } from "./support/heard.js";
import { RawClient } from "./support/raw-client.js";
import { startServer, type TestServer } from "./support/server.js";
import { TestTokens } from "./support/test-tokens.js";

const secret = {
  channel: "secret:{id}",
  topics: ["secret/{id}/#"],
  requireToken: true,
  presence: true,
  history: { size: 10, ttl: 60_000 },
  publish: { topic: "secret/{id}/commands", qos: 0 as const, retain: false },
  request: {
    topic: "secret/{id}/requests/{requestId}",
    response: "secret/{id}/answers/{requestId}",
    timeout: 5_000,
    qos: 1 as const,
    maxPending: 10,
  },
};
const open = { channel: "open", topics: ["open/#"] };

async function serve(t: TestContext, gateway: object = {}) {
  const tokens = new TestTokens();
  const server = await startServer(t, { channels: [secret, open], tokens, gateway });
  return { ...server, tokens };
}

const inFuture = (ms = 3_600_000): number => Date.now() + ms;
const over = (): number => Date.now() - 1;
const connectionOf = TestTokens.connection;
const subscriptionOf = TestTokens.subscription;

async function connectWith(t: TestContext, { url }: TestServer, token: string): Promise<RawClient> {
  const client = await RawClient.open(t, url);
  client.command({ id: 1, connect: { token } });
  await client.reply(1);
  return client;
}

/** The reference client, not connected yet, and the tokens that it asked for. */
function wanderer(t: TestContext, url: string, tokens: (() => string)[], options: Partial<Options> = {}) {
  let asked = 0;
  const client = new Centrifuge(url, {
    websocket: WebSocket,
    minReconnectDelay: 10,
    maxReconnectDelay: 20,
    getToken: async () => tokens[Math.min(asked++, tokens.length - 1)]?.() ?? "",
    ...options,
  });
  t.after(() => client.disconnect());
  return { client, asked: () => asked };
}

test("a token says who the client is, and when it should come with another", async (t) => {
  const server = await serve(t);
  const client = await connectWith(t, server, connectionOf({ user: "ann", expiresAt: inFuture(90_500) }));
  const { expires, ttl } = await answer(client, 1);
  assert.equal(expires, true);
  assert.ok(ttl === 90 || ttl === 89, `${ttl}`);
  const forever = await connectWith(t, server, connectionOf({ user: "ann" }));
  assert.equal((await answer(forever, 1)).expires, undefined);
});

test("a token that is over gives error 109: the reference client gets another and connects", async (t) => {
  const { url, gateway } = await serve(t);
  const { client, asked } = wanderer(t, url, [
    () => connectionOf({ user: "ann", expiresAt: over() }),
    () => connectionOf({ user: "ann" }),
  ]);
  const errors: number[] = [];
  client.on("error", ({ error }) => errors.push(error.code));
  const connected = event(client, "connected");
  client.connect();
  await connected;
  assert.deepEqual([errors, asked()], [[109], 2]);
  await eventually(() => gateway.stats().sessions === 1, "only one session is left");
});

test("after an error to connect a client may try again over the same socket", async (t) => {
  const { url } = await serve(t);
  const client = await RawClient.open(t, url);
  client.command({ id: 1, connect: { token: connectionOf({ expiresAt: over() }) } });
  assert.equal(await errorOf(client, 1), 109);
  client.command({ id: 2, connect: { token: connectionOf() } });
  assert.match(String((await answer(client, 2)).client), /^[0-9a-f]{32}$/);
  client.command({ id: 3, subscribe: { channel: "open" } });
  assert.deepEqual(await answer(client, 3), {});
});

test("a token that is none of ours ends the session with code 3500, for good", async (t) => {
  const { url, log, gateway } = await serve(t);
  const { client } = wanderer(t, url, [() => "forged"]);
  const left = event(client, "disconnected");
  client.connect();
  assert.equal((await left).code, 3500);
  assert.equal(gateway.stats().disconnects.invalidToken, 1);
  const line = log.find(({ msg }) => msg === "connection token refused");
  assert.equal(line?.reason, "it is not signed");
  assert.ok(!JSON.stringify(log).includes("forged"), "the log holds no token");
});

test("when tokens cannot be checked nobody gets in, and everybody may come again", async (t) => {
  const server = await serve(t);
  server.tokens.before = () => Promise.reject(new Error("no keys"));
  const client = await RawClient.open(t, server.url);
  client.command({ id: 1, connect: { token: connectionOf() } });
  const { error } = (await client.reply(1)) as { error: { code: number; temporary: boolean } };
  assert.deepEqual([error.code, error.temporary], [100, true]);
  client.command({ id: 2, subscribe: { channel: "open" } });
  assert.equal((await client.closed).code, 3501, "it is not connected");
  server.tokens.before = async () => {};
  const inside = await connectWith(t, server, connectionOf());
  server.tokens.before = () => Promise.reject(new Error("no keys"));
  inside.command(
    { id: 2, refresh: { token: connectionOf() } },
    { id: 3, subscribe: { channel: "secret:1", token: subscriptionOf({ channel: "secret:1" }) } },
  );
  assert.deepEqual([await errorOf(inside, 2), await errorOf(inside, 3)], [100, 100]);
  assert.ok(
    server.log.some(({ msg, level }) => msg === "connection credentials cannot be checked" && level === 50),
  );
  assert.equal(inside.socket.readyState, WebSocket.OPEN);
});

test("a refreshed token is good for longer", async (t) => {
  const server = await serve(t, { expiryGrace: 0 });
  const client = await connectWith(t, server, connectionOf({ user: "ann", expiresAt: inFuture(300) }));
  const token = connectionOf({ user: "ann", expiresAt: inFuture(60_500) });
  client.command({ id: 2, refresh: { token } });
  const { client: id, ttl, expires } = await answer(client, 2);
  assert.match(String(id), /^[0-9a-f]{32}$/);
  assert.deepEqual([expires, ttl === 60 || ttl === 59], [true, true]);
  client.command({ id: 3, subscribe: { channel: "open" } });
  await answer(client, 3);
  const short = await connectWith(t, server, connectionOf({ user: "ann", expiresAt: inFuture(300) }));
  assert.deepEqual(await short.closed, { code: 3005, reason: "connection expired" });
  assert.equal(client.socket.readyState, WebSocket.OPEN, "it outlived the token it came with");
});

test("a session whose token ends without another is closed with code 3005, and the reference client comes back", async (t) => {
  const { url, gateway } = await serve(t, { expiryGrace: 0 });
  const { client, asked } = wanderer(t, url, [
    () => connectionOf({ user: "ann", expiresAt: inFuture(100) }),
    () => connectionOf({ user: "ann" }),
  ]);
  const codes: number[] = [];
  client.on("connecting", ({ code }) => codes.push(code));
  const connected = event(client, "connected");
  client.connect();
  await connected;
  await event(client, "connected");
  assert.deepEqual(codes, [0, 3005]);
  assert.ok(asked() >= 1);
  assert.equal(gateway.stats().disconnects.expired, 1);
});

test("a session goes on for the grace after its token has ended", async (t) => {
  const server = await serve(t, { expiryGrace: 60_000 });
  const expiresAt = inFuture(1_000);
  const client = await connectWith(t, server, connectionOf({ user: "ann", expiresAt }));
  await eventually(() => Date.now() > expiresAt, "the token is over");
  client.command({ id: 2, refresh: { token: connectionOf({ user: "ann" }) } });
  assert.equal((await answer(client, 2)).expires, undefined);
});

test("refreshing with a token that is over has the client come back with another", async (t) => {
  const { url, gateway } = await serve(t, { expiryGrace: 60_000 });
  const { client } = wanderer(t, url, [
    () => connectionOf({ user: "ann", expiresAt: inFuture(1_000) }),
    () => connectionOf({ user: "ann", expiresAt: over() }),
    () => connectionOf({ user: "ann" }),
  ]);
  const codes: number[] = [];
  client.on("connecting", ({ code }) => codes.push(code));
  client.on("disconnected", ({ code }) => codes.push(-code));
  const connected = event(client, "connected");
  client.connect();
  await connected;
  await event(client, "connected");
  assert.equal(codes[1], 3005);
  assert.ok(
    codes.every((code) => code >= 0),
    `it never gave up: ${codes}`,
  );
  assert.equal(gateway.stats().disconnects.expired, 1);
});

test("a refresh for another user ends the session", async (t) => {
  const server = await serve(t);
  const client = await connectWith(t, server, connectionOf({ user: "ann" }));
  client.command({ id: 2, refresh: { token: connectionOf({ user: "bob" }) } });
  assert.equal((await client.closed).code, 3500);
});

test("a channel that needs a token is closed to those without one, in every way", async (t) => {
  const server = await serve(t);
  const { url, plainUrl, bus } = server;
  const client = await RawClient.connect(t, url);
  const channel = "secret:1";
  const attempts: [object, number][] = [
    [{ subscribe: { channel } }, 103],
    [{ subscribe: { channel, token: "forged" } }, 101],
    [{ subscribe: { channel, token: subscriptionOf({ channel: "secret:2" }) } }, 101],
    [{ subscribe: { channel, token: subscriptionOf({ channel, user: "ann" }) } }, 101],
    [{ subscribe: { channel, token: subscriptionOf({ channel, expiresAt: over() }) } }, 109],
    [{ subscribe: { channel, token: connectionOf() } }, 101],
    [{ subscribe: { channel, type: 1, phase: 2 } }, 103],
    [{ subscribe: { channel, recover: true, epoch: "", offset: 0 } }, 103],
    [{ history: { channel, limit: 10 } }, 103],
    [{ presence: { channel } }, 103],
    [{ presence_stats: { channel } }, 103],
    [{ publish: { channel, data: 1 } }, 103],
    [{ send: { data: { channel, data: 1 } } }, 103],
    [{ rpc: { method: "request", data: { channel, data: 1, timeout: 10 } } }, 103],
  ];
  for (const [i, [command, code]] of attempts.entries()) {
    client.command({ id: i + 2, ...command });
    assert.equal(await errorOf(client, i + 2), code, JSON.stringify(command));
  }
  client.command({ send: { data: { channel, data: 1 } } });
  const socket = new WebSocket(plainUrl(channel));
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  assert.equal(response.statusCode, 401);
  assert.deepEqual(bus.published, []);
  client.command({ id: 20, subscribe: { channel, token: subscriptionOf({ channel }) } });
  await answer(client, 20);
  client.command({ id: 21, publish: { channel, data: 1 } }, { id: 22, presence_stats: { channel } });
  assert.deepEqual(await answer(client, 21), {});
  assert.equal((await answer(client, 22)).num_clients, 1);
  const request = { rpc: { method: "request", data: { channel, data: 1, timeout: 10 } } };
  client.command({ id: 23, ...request });
  assert.equal(await errorOf(client, 23), 108, "it was sent, and there is no device");
  client.command({ id: 24, unsubscribe: { channel } }, { id: 25, publish: { channel, data: 1 } });
  assert.equal(await errorOf(client, 25), 103, "only while it is subscribed");
  client.command({ id: 26, ...request });
  assert.equal(await errorOf(client, 26), 103, "a request, too");
  assert.equal(server.bridge.stats().subscribers, 0);
});

test("a subscription token may be given where none is needed, and is checked all the same", async (t) => {
  const server = await serve(t);
  const client = await connectWith(t, server, connectionOf({ user: "ann" }));
  const token = subscriptionOf({ channel: "open", user: "ann", expiresAt: inFuture(30_500) });
  client.command({ id: 2, subscribe: { channel: "open", token } });
  const { expires, ttl } = await answer(client, 2);
  assert.deepEqual([expires, ttl === 30 || ttl === 29], [true, true]);
});

test("a subscription whose token ends is ended with code 2501, and the reference client subscribes again with another", async (t) => {
  const { url, gateway, bus } = await serve(t, { expiryGrace: 0 });
  const client = await connectClient(t, url);
  let asked = 0;
  const subscription = client.newSubscription("secret:1", {
    getToken: async () =>
      subscriptionOf({ channel: "secret:1", expiresAt: ++asked === 1 ? inFuture(150) : inFuture() }),
  });
  const codes: number[] = [];
  subscription.on("subscribing", ({ code }) => codes.push(code));
  const data: unknown[] = [];
  subscription.on("publication", (publication) => data.push(publication.data));
  subscription.subscribe();
  await event(subscription, "subscribed");
  bus.send("secret/1/a", "1");
  const { recovered } = await event(subscription, "subscribed");
  assert.equal(recovered, true);
  bus.send("secret/1/a", "2");
  await eventually(() => data.length === 2, "both have come");
  assert.deepEqual([codes, data, asked], [[0, 2501], [1, 2], 2]);
  assert.equal(gateway.stats().subscriptions, 1);
});

test("a subscription is refreshed, and outlives its first token", async (t) => {
  const server = await serve(t, { expiryGrace: 0 });
  const client = await RawClient.connect(t, server.url);
  const token = (expiresAt: number): string => subscriptionOf({ channel: "secret:1", expiresAt });
  client.command({ id: 2, subscribe: { channel: "secret:1", token: token(inFuture(200)) } });
  await answer(client, 2);
  client.command({ id: 3, sub_refresh: { channel: "secret:1", token: token(inFuture(60_500)) } });
  const { expires, ttl } = await answer(client, 3);
  assert.deepEqual([expires, ttl === 60 || ttl === 59], [true, true]);
  client.command({ id: 4, subscribe: { channel: "secret:2", token: "" } });
  const other = await RawClient.connect(t, server.url);
  other.command({ id: 2, subscribe: { channel: "secret:1", token: token(inFuture(200)) } });
  await answer(other, 2);
  await other.until(() => pushes(other, "secret:1").find(({ unsubscribe }) => unsubscribe), "its end");
  server.bus.send("secret/1/a", "1");
  await client.until(() => publications(client, "secret:1")[0], "a publication");
  client.command({
    id: 5,
    sub_refresh: { channel: "secret:1", token: subscriptionOf({ channel: "secret:1" }) },
  });
  assert.deepEqual(await answer(client, 5), {}, "one that does not end");
});

test("a subscription refreshed with a token that is over is subscribed again with another", async (t) => {
  const { url } = await serve(t, { expiryGrace: 60_000 });
  const client = await connectClient(t, url);
  const ends = [inFuture(1_000), over(), over(), inFuture()];
  let asked = 0;
  const subscription = client.newSubscription("secret:1", {
    getToken: async () => subscriptionOf({ channel: "secret:1", expiresAt: ends[asked++] ?? inFuture() }),
    minResubscribeDelay: 10,
    maxResubscribeDelay: 20,
  });
  const ended: number[] = [];
  const codes: number[] = [];
  subscription.on("unsubscribed", ({ code }) => ended.push(code));
  subscription.on("subscribing", ({ code }) => codes.push(code));
  subscription.subscribe();
  await event(subscription, "subscribed");
  await event(subscription, "subscribed");
  assert.deepEqual([ended, codes, asked], [[], [0, 2501], 4]);
});

test("a refresh with a bad token leaves the subscription as it is", async (t) => {
  const server = await serve(t);
  const client = await RawClient.connect(t, server.url);
  const token = subscriptionOf({ channel: "secret:1" });
  client.command(
    { id: 2, subscribe: { channel: "secret:1", token } },
    { id: 3, sub_refresh: { channel: "secret:1", token: "forged" } },
    { id: 4, sub_refresh: { channel: "secret:1", token: subscriptionOf({ channel: "open" }) } },
    {
      id: 5,
      sub_refresh: { channel: "secret:1", token: subscriptionOf({ channel: "secret:1", user: "x" }) },
    },
    { id: 6, sub_refresh: { channel: "open", token } },
  );
  const codes = await Promise.all([3, 4, 5, 6].map((id) => errorOf(client, id)));
  assert.deepEqual(codes, [101, 101, 101, 103]);
  server.bus.send("secret/1/a", "1");
  await client.until(() => publications(client, "secret:1")[0], "a publication");
});

test("a subscription that ends while its new token is checked stays ended", async (t) => {
  const server = await serve(t, { expiryGrace: 0 });
  const client = await RawClient.connect(t, server.url);
  const channel = "secret:1";
  client.command({ id: 2, subscribe: { channel, token: subscriptionOf({ channel }) } });
  await answer(client, 2);
  const gate = new Gate();
  server.tokens.before = gate.pass;
  client.command(
    { id: 3, sub_refresh: { channel, token: subscriptionOf({ channel, expiresAt: inFuture(1) }) } },
    { id: 4, unsubscribe: { channel } },
    { id: 5, subscribe: { channel, token: subscriptionOf({ channel }) } },
  );
  await answer(client, 4);
  gate.open();
  await answer(client, 5);
  await answer(client, 3);
  server.bus.send("secret/1/a", "1");
  await client.until(() => publications(client, channel)[0], "a publication");
  assert.deepEqual(
    pushes(client, channel).filter(({ unsubscribe }) => unsubscribe),
    [],
  );
});

test("a token that ends before the subscription has begun gives error 109, not an end of what never was", async (t) => {
  const server = await serve(t, { expiryGrace: 0 });
  const gate = new Gate();
  server.bus.beforeRetained = gate.pass;
  const client = await RawClient.connect(t, server.url);
  const channel = "mqtt:slow";
  const token = subscriptionOf({ channel, expiresAt: inFuture(60) });
  client.command({ id: 2, subscribe: { channel, token } });
  await gate.reached;
  assert.equal(await errorOf(client, 2), 109);
  gate.open();
  client.command({ id: 3, subscribe: { channel } });
  assert.deepEqual(await answer(client, 3), {});
  assert.deepEqual([pushes(client, channel), server.gateway.stats().subscriptions], [[], 1]);
});

test("sessions whose tokens are still being checked leave nothing behind when they go", async (t) => {
  const server = await serve(t);
  const gate = new Gate();
  server.tokens.before = gate.pass;
  const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.open(t, server.url)));
  const token = connectionOf({ user: "ann", channels: ["open", "secret:1"], expiresAt: inFuture() });
  for (const client of clients) client.command({ id: 1, connect: { token } });
  await gate.reached;
  for (const client of clients) client.socket.terminate();
  await eventually(() => server.gateway.stats().sessions === 0, "they are gone");
  gate.open();
  await new Promise((resolve) => setImmediate(resolve));
  const { subscriptions } = server.gateway.stats();
  assert.deepEqual([subscriptions, server.bridge.stats().subscribers], [0, 0]);
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  assert.ok(timers < 15, `${timers} timers run`);
});
