import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Centrifuge, UnauthorizedError } from "centrifuge";
import { WebSocket } from "ws";
import { connectClient, Listening } from "./support/client.js";
import { RawClient } from "./support/raw-client.js";
import { startServer } from "./support/server.js";

type ErrorReply = { error: { code: number; message: string } };

test("connect tells the client its id, the version and the pings", async (t) => {
  const { url, gateway } = await startServer(t, { gateway: { pingInterval: 2_500 } });
  const client = await RawClient.open(t, url);
  client.command({ id: 1, connect: { token: "", name: "test", version: "0.1", data: null } });
  const { connect } = (await client.reply(1)) as { connect: Record<string, unknown> };
  assert.match(String(connect.client), /^[0-9a-f]{32}$/);
  assert.deepEqual({ ...connect, client: "" }, { client: "", version: "1.2.3", ping: 3, pong: true });
  assert.equal(gateway.stats().sessions, 1);
});

test("two clients have different ids", async (t) => {
  const { url } = await startServer(t);
  const ids = await Promise.all(
    [1, 2].map(async () => {
      const client = new Centrifuge(url, { websocket: WebSocket });
      t.after(() => client.disconnect());
      client.connect();
      const [{ client: id }] = await once(client as never, "connected");
      return id;
    }),
  );
  assert.notEqual(ids[0], ids[1]);
});

test("the subprotocol of the JSON protocol is accepted, and none is fine too", async (t) => {
  const { url } = await startServer(t);
  const client = await RawClient.open(t, url, ["other", "centrifuge-json"]);
  assert.equal(client.socket.protocol, "centrifuge-json");
});

test("many commands in a frame are answered together, in order", async (t) => {
  const { url } = await startServer(t, {
    channels: [{ channel: "{any}", topics: ["{any}"] }],
    bridge: { mqttChannels: false },
  });
  const client = await RawClient.open(t, url);
  client.command(
    { id: 1, connect: {} },
    { id: 2, subscribe: { channel: "a" } },
    { id: 3, subscribe: { channel: "b" } },
    { id: 4, subscribe: { channel: "no/body" } },
    { id: 5, unsubscribe: { channel: "a" } },
  );
  await client.reply(5);
  assert.deepEqual(
    client.replies.map(({ id }) => id),
    [1, 2, 3, 4, 5],
  );
  // One, unless the machine was so busy that their share of a turn was over before they were.
  assert.ok(client.frames.length < 5, `${client.frames.length} frames`);
});

test("a client that answers pings stays", async (t) => {
  const { url, gateway } = await startServer(t, { gateway: { pingInterval: 300, pongTimeout: 250 } });
  const client = await RawClient.connect(t, url);
  client.socket.on("message", (message: Buffer) => {
    if (message.toString().split("\n").includes("{}")) client.socket.send("{}");
  });
  const reference = await connectClient(t, url);
  await client.until(() => (client.pings >= 4 ? true : undefined), "four pings");
  assert.equal(gateway.stats().sessions, 2);
  assert.equal(reference.state, "connected");
});

test("a client that answers no ping is closed with code 3012", async (t) => {
  const { url, gateway, log } = await startServer(t, { gateway: { pingInterval: 40, pongTimeout: 20 } });
  const client = await RawClient.connect(t, url);
  assert.deepEqual(await client.closed, { code: 3012, reason: "no pong" });
  assert.equal(gateway.stats().disconnects.noPong, 1);
  const line = log.find(({ code }) => code === 3012);
  assert.match(String(line?.remote), /^127\.0\.0\.1:\d+$/);
  assert.match(String(line?.session), /^[0-9a-f]{32}$/);
});

test("any traffic is a sign of life", async (t) => {
  const { url } = await startServer(t, { gateway: { pingInterval: 300, pongTimeout: 250 } });
  const client = await RawClient.connect(t, url);
  let id = 2;
  client.socket.on("message", (message: Buffer) => {
    if (message.toString().split("\n").includes("{}"))
      client.command({ id: id++, unsubscribe: { channel: "x" } });
  });
  await client.until(() => (client.pings >= 4 ? true : undefined), "four pings");
});

test("a session that does not connect is closed with code 3502", async (t) => {
  const { url } = await startServer(t, { gateway: { connectTimeout: 30 } });
  const client = await RawClient.open(t, url);
  client.socket.send("{}");
  assert.deepEqual(await client.closed, { code: 3502, reason: "stale" });
});

test("the reference client sees the codes of a refused subscription", async (t) => {
  const { url } = await startServer(t);
  const client = await connectClient(t, url);
  const subscription = client.newSubscription("nobody");
  subscription.subscribe();
  const [{ code, reason }] = await once(subscription as never, "unsubscribed");
  assert.equal(code, 102);
  assert.match(reason, /no rule makes a channel "nobody"/);
});

test("the reference client comes back after a shutdown and gets its subscriptions again", async (t) => {
  const first = await startServer(t);
  const second = await startServer(t);
  let port = first.port;
  // The client asks for its URL's host and port through the constructor of its socket.
  class Redirected extends WebSocket {
    constructor(_url: string, protocols?: string[]) {
      super(`ws://127.0.0.1:${port}/connection/websocket`, protocols);
    }
  }
  const client = await connectClient(t, first.url, { websocket: Redirected });
  const listening = await Listening.begin(client, "mqtt:a");
  const left = once(client as never, "connecting");
  port = second.port;
  const again = new Promise((resolve) => listening.subscription.once("subscribed", resolve));
  await first.gateway.close(1_000);
  assert.deepEqual((await left)[0], { code: 3001, reason: "shutdown" });
  await again;
  second.bus.send("a", "1");
  await listening.received(1);
  assert.deepEqual(first.gateway.stats().sessions, 0);
});

test("closing waits for clients, but not for those that do not answer", async (t) => {
  const { url, gateway } = await startServer(t);
  const client = await RawClient.connect(t, url);
  client.socket.pause();
  await gateway.close(50);
  assert.equal(gateway.stats().sessions, 0);
});

test("once it is closing, nobody gets in", async (t) => {
  const { url, plainUrl, gateway } = await startServer(t);
  await gateway.close(50);
  for (const target of [url, plainUrl("mqtt:a")]) {
    const socket = new WebSocket(target);
    socket.on("error", () => {});
    const [, response] = await once(socket, "unexpected-response");
    assert.equal(response.statusCode, 503);
  }
});

const answers: [string, unknown, number, RegExp][] = [
  ["a second subscription to a channel", { subscribe: { channel: "mqtt:taken" } }, 105, /"mqtt:taken"/],
  ["an unknown channel", { subscribe: { channel: "x\ny" } }, 102, /"x\\ny"/],
  ["an inherited name", { subscribe: { channel: "__proto__" } }, 102, /__proto__/],
  ["another inherited name", { subscribe: { channel: "constructor" } }, 102, /constructor/],
  ["no channel", { subscribe: {} }, 107, /subscribe.channel is missing/],
  ["an empty channel", { subscribe: { channel: "" } }, 107, /subscribe.channel is missing/],
  ["a channel that is null", { subscribe: { channel: null } }, 107, /subscribe.channel is missing/],
  ["a channel that is a number", { subscribe: { channel: 5 } }, 107, /subscribe.channel must be a string/],
  ["a very long channel", { subscribe: { channel: "x".repeat(256) } }, 107, /not be longer than 255/],
  [
    "an offset that is none",
    { subscribe: { channel: "mqtt:a", offset: -1 } },
    107,
    /offset must be a whole number/,
  ],
  [
    "a recover that is no boolean",
    { subscribe: { channel: "mqtt:a", recover: "yes" } },
    107,
    /recover must be a boolean/,
  ],
  ["a presence map", { subscribe: { channel: "mqtt:a", type: 2 } }, 108, /subscribe.type/],
  [
    "a map that is to go on from nowhere",
    { subscribe: { channel: "mqtt:a", type: 1, phase: 1, recover: true } },
    112,
    /begin anew/,
  ],
  [
    "a tag filter without a comparison",
    { subscribe: { channel: "mqtt:a", tf: { key: "topic" } } },
    107,
    /tf.cmp/,
  ],
  [
    "a rate that is none",
    { subscribe: { channel: "mqtt:a", data: { maxRate: "fast" } } },
    107,
    /data.maxRate/,
  ],
  [
    "a topic filter that is none",
    { subscribe: { channel: "mqtt:a", data: { topics: ["a#"] } } },
    107,
    /topics\[0\]/,
  ],
  ["an unknown kind of delta", { subscribe: { channel: "mqtt:a", delta: "bs" } }, 107, /only be "fossil"/],
  [
    "a filter together with deltas",
    { subscribe: { channel: "mqtt:a", delta: "fossil", tf: { key: "topic", cmp: "ex" } } },
    107,
    /exclude each other/,
  ],
  [
    "a position that must be recovered",
    { subscribe: { channel: "mqtt:a", recover: true, flag: 3 } },
    112,
    /does not reach back/,
  ],
  ["a publication without data", { publish: { channel: "mqtt:a" } }, 107, /publish.data is missing/],
  ["a request that is a list", { publish: [] }, 107, /publish must be an object/],
  ["a request that is null", { publish: null }, 107, /publish must be an object/],
  ["two requests", { publish: {}, subscribe: {} }, 107, /one request per command/],
  ["no request", {}, 104, /no request/],
  ["an unknown request", { teleport: {} }, 104, /"teleport"/],
  ["an inherited request", { toString: {} }, 104, /"toString"/],
  ["an rpc", { rpc: { method: "go" } }, 104, /"go"/],
  ["presence", { presence: { channel: "mqtt:a" } }, 108, /presence/],
  ["presence_stats", { presence_stats: { channel: "mqtt:a" } }, 108, /no presence/],
  ["history", { history: { channel: "mqtt:a" } }, 108, /history/],
  ["a refresh without a token", { refresh: {} }, 107, /refresh.token is missing/],
  ["a sub_refresh of nothing", { sub_refresh: { channel: "mqtt:a", token: "x" } }, 103, /not subscribed/],
  [
    "a sub_refresh with a bad token",
    { sub_refresh: { channel: "mqtt:taken", token: "x" } },
    101,
    /not valid/,
  ],
  ["a subscription with a bad token", { subscribe: { channel: "mqtt:a", token: "x" } }, 101, /not valid/],
  ["a send that names no channel", { send: { data: 1 } }, 107, /send.data.channel is missing/],
];

for (const [what, command, code, message] of answers) {
  test(`${what} is answered with error ${code}, and the session goes on`, async (t) => {
    const { url } = await startServer(t);
    const client = await RawClient.connect(t, url);
    client.command({ id: 2, subscribe: { channel: "mqtt:taken" } }, { id: 3, ...(command as object) });
    const { error } = (await client.reply(3)) as ErrorReply;
    assert.equal(error.code, code);
    assert.match(error.message, message);
    client.command({ id: 4, unsubscribe: { channel: "mqtt:taken" } });
    assert.deepEqual(await client.reply(4), { id: 4, unsubscribe: {} });
  });
}

test("a send without an id gets no answer and does no harm", async (t) => {
  const { url } = await startServer(t);
  const client = await RawClient.connect(t, url);
  client.command({ send: { data: 1 } }, { id: 2, unsubscribe: { channel: "x" } });
  await client.reply(2);
  assert.equal(client.replies.length, 2);
});

test("the limit of subscriptions per session holds and is released", async (t) => {
  const { url } = await startServer(t, { gateway: { maxChannels: 2 } });
  const client = await RawClient.connect(t, url);
  const subscribe = (id: number, channel: string): void => client.command({ id, subscribe: { channel } });
  for (const [id, channel] of [
    [2, "mqtt:a"],
    [3, "mqtt:b"],
    [4, "mqtt:c"],
  ] as const)
    subscribe(id, channel);
  assert.equal(((await client.reply(4)) as ErrorReply).error.code, 106);
  client.command({ id: 5, unsubscribe: { channel: "mqtt:a" } }, { id: 6, subscribe: { channel: "mqtt:c" } });
  assert.deepEqual(await client.reply(6), { id: 6, subscribe: {} });
});

test("the limit of sessions holds and is released", async (t) => {
  const { url, plainUrl, gateway } = await startServer(t, { gateway: { maxSessions: 2 } });
  const first = await RawClient.connect(t, url);
  await RawClient.open(t, plainUrl("mqtt:a"));
  const third = await RawClient.open(t, url);
  assert.deepEqual(await third.closed, { code: 3504, reason: "connection limit" });
  const socket = new WebSocket(plainUrl("mqtt:a"));
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  assert.equal(response.statusCode, 503);
  first.socket.close();
  await first.closed;
  await RawClient.connect(t, url);
  assert.equal(gateway.stats().disconnects.connectionLimit, 1);
});

test("connections that are turned away are bounded too", async (t) => {
  const { url, gateway } = await startServer(t, { gateway: { maxSessions: 1 } });
  await RawClient.connect(t, url);
  // These read nothing, so they do not take part in closing their connection.
  const sockets = Array.from({ length: 300 }, () => {
    const socket = new WebSocket(url);
    t.after(() => socket.terminate());
    socket.on("error", () => {});
    return new Promise<number>((resolve) => {
      socket.on("open", () => {
        socket.pause();
        resolve(101);
      });
      socket.on("unexpected-response", (_, response) => resolve(response.statusCode ?? 0));
    });
  });
  const statuses = await Promise.all(sockets);
  assert.ok(statuses.filter((status) => status === 503).length >= 40, "the later ones get a plain refusal");
  assert.ok(gateway.stats().refused >= 40);
});

test("a session that reads too slowly is closed with code 3008, and others notice nothing", async (t) => {
  const { url, bus, gateway, bridge } = await startServer(t, { gateway: { maxOutboxSize: 100_000 } });
  const slow = await RawClient.connect(t, url);
  slow.command({ id: 2, subscribe: { channel: "mqtt:flood" } });
  await slow.reply(2);
  const healthy = await RawClient.connect(t, url);
  healthy.command({ id: 2, subscribe: { channel: "mqtt:flood" } });
  await healthy.reply(2);
  slow.socket.pause();
  const payload = JSON.stringify("x".repeat(10_000));
  let sent = 0;
  while (gateway.stats().disconnects.slow === undefined && sent < 10_000) {
    bus.send("flood", payload);
    sent++;
    await healthy.pushed(sent);
  }
  assert.equal(gateway.stats().disconnects.slow, 1);
  assert.equal(bridge.stats().subscribers, 1);
  slow.socket.resume();
  assert.deepEqual(await slow.closed, { code: 3008, reason: "slow" });
  bus.send("flood", '"after"');
  assert.equal((await healthy.pushed(sent + 1)).at(-1)?.pub.data, "after");
});

test("a burst larger than the outbox within one turn does not make a session slow", async (t) => {
  const { url, bus, gateway } = await startServer(t, { gateway: { maxOutboxSize: 100_000 } });
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel: "mqtt:burst" } });
  await client.reply(2);
  for (let i = 0; i < 30; i++) bus.send("burst", JSON.stringify("x".repeat(10_000)));
  await client.pushed(30);
  assert.deepEqual(gateway.stats().disconnects, {});
});

test("getToken that refuses stops a client without harm to the server", async (t) => {
  const { url } = await startServer(t);
  const client = new Centrifuge(url, {
    websocket: WebSocket,
    getToken: () => Promise.reject(new UnauthorizedError("no")),
  });
  t.after(() => client.disconnect());
  const left = once(client as never, "disconnected");
  client.connect();
  assert.equal((await left)[0].code, 1);
});
