import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Centrifuge, JoinContext, LeaveContext, Subscription } from "centrifuge";
import { connectClient, event } from "./support/client.js";
import { cuttable } from "./support/cuttable.js";
import { eventually } from "./support/eventually.js";
import { Gate } from "./support/gate.js";
import { answer, errorOf, pushes } from "./support/heard.js";
import { RawClient } from "./support/raw-client.js";
import { startServer, type TestServer } from "./support/server.js";
import { TestTokens } from "./support/test-tokens.js";

const room = { channel: "room:{id}", topics: ["rooms/{id}/#"], presence: true };

function serve(t: TestContext, gateway: object = {}): Promise<TestServer> {
  return startServer(t, { channels: [room], tokens: new TestTokens(), gateway });
}

/** The reference client, in the room, and what it hears of others. */
async function enter(t: TestContext, url: string, token = "", getToken?: () => Promise<string>) {
  const { websocket, cut } = cuttable();
  const client = await connectClient(t, url, { websocket, token });
  const subscription = client.newSubscription("room:1", {
    joinLeave: true,
    ...(getToken ? { getToken } : {}),
  });
  const heard: [string, string][] = [];
  subscription.on("join", ({ info }: JoinContext) => heard.push(["join", info.client]));
  subscription.on("leave", ({ info }: LeaveContext) => heard.push(["leave", info.client]));
  subscription.subscribe();
  await event(subscription, "subscribed");
  return { client, subscription, heard, cut, id: idOf(client) };
}

function idOf(client: Centrifuge): string {
  return (client as unknown as { _client: string })._client;
}

async function present(subscription: Subscription): Promise<string[]> {
  return Object.keys((await subscription.presence()).clients).sort();
}

test("presence tells who is there, with what their tokens say of them", async (t) => {
  const { url } = await serve(t);
  const token = TestTokens.connection({ user: "ann", info: { name: "Ann" } });
  const getToken = async (): Promise<string> =>
    TestTokens.subscription({ user: "ann", channel: "room:1", info: ["admin"] });
  const ann = await enter(t, url, token, getToken);
  const guest = await enter(t, url);
  const { clients } = await guest.subscription.presence();
  assert.deepEqual(
    [ann, guest].map(({ id }) => {
      const { client, user, connInfo, chanInfo } = clients[id] ?? {};
      return [client, user, connInfo, chanInfo];
    }),
    [
      [ann.id, "ann", { name: "Ann" }, ["admin"]],
      [guest.id, "", undefined, undefined],
    ],
  );
  assert.deepEqual(await guest.subscription.presenceStats(), { numClients: 2, numUsers: 2 });
  const again = await enter(t, url, token);
  assert.deepEqual(await again.subscription.presenceStats(), { numClients: 3, numUsers: 2 });
});

test("who is there hears who comes and goes", async (t) => {
  const { url } = await serve(t);
  const first = await enter(t, url);
  const second = await enter(t, url);
  const third = await enter(t, url);
  await eventually(() => second.heard.length === 2, "the second has heard of the third");
  second.subscription.unsubscribe();
  third.client.disconnect();
  await eventually(() => first.heard.length === 5, "five events");
  assert.deepEqual(first.heard, [
    ["join", first.id],
    ["join", second.id],
    ["join", third.id],
    ["leave", second.id],
    ["leave", third.id],
  ]);
  assert.deepEqual(second.heard, [
    ["join", second.id],
    ["join", third.id],
  ]);
  assert.deepEqual(await present(first.subscription), [first.id]);
});

test("a client that is cut off without a word leaves, and joins again under another name", async (t) => {
  const { url, gateway } = await serve(t);
  const witness = await enter(t, url);
  const lost = await enter(t, url);
  const again = event(lost.subscription, "subscribed");
  lost.cut();
  await again;
  await eventually(() => witness.heard.length === 4, "it left and came back");
  const id = idOf(lost.client);
  assert.notEqual(id, lost.id);
  assert.deepEqual(
    witness.heard.slice(2).sort(),
    [
      ["join", id],
      ["leave", lost.id],
    ].sort(),
  );
  assert.deepEqual(await present(witness.subscription), [witness.id, id].sort());
  assert.equal(gateway.stats().sessions, 2);
});

test("a client that answers no ping leaves", async (t) => {
  const { url } = await serve(t, { pingInterval: 400, pongTimeout: 300 });
  const witness = await enter(t, url);
  const silent = await RawClient.connect(t, url);
  silent.command({ id: 2, subscribe: { channel: "room:1" } });
  await answer(silent, 2);
  await silent.closed;
  await eventually(() => witness.heard.length === 3, "it left");
  assert.equal(witness.heard[2]?.[0], "leave");
  assert.deepEqual(await present(witness.subscription), [witness.id]);
});

test("a client that the server ends leaves", async (t) => {
  const { url } = await serve(t);
  const witness = await enter(t, url);
  const bad = await RawClient.connect(t, url);
  bad.command({ id: 2, subscribe: { channel: "room:1" } });
  await answer(bad, 2);
  bad.socket.send("garbage");
  assert.equal((await bad.closed).code, 3501);
  await eventually(() => witness.heard.length === 3, "it left");
  assert.deepEqual(await present(witness.subscription), [witness.id]);
});

test("unsubscribed and subscribed again in one go, one leaves and joins", async (t) => {
  const { url } = await serve(t);
  const witness = await enter(t, url);
  const raw = await RawClient.connect(t, url);
  raw.command(
    { id: 2, subscribe: { channel: "room:1" } },
    { id: 3, unsubscribe: { channel: "room:1" } },
    { id: 4, subscribe: { channel: "room:1" } },
  );
  await answer(raw, 4);
  await eventually(() => witness.heard.length === 4, "three events more");
  assert.deepEqual(
    witness.heard.map(([what]) => what),
    ["join", "join", "leave", "join"],
  );
  assert.equal((await present(witness.subscription)).length, 2);
});

test("who does not ask for joins and leaves hears none, and is there all the same", async (t) => {
  const { url } = await serve(t);
  const quiet = await RawClient.connect(t, url);
  quiet.command({ id: 2, subscribe: { channel: "room:1" } });
  await answer(quiet, 2);
  const other = await enter(t, url);
  assert.equal((await present(other.subscription)).length, 2);
  other.client.disconnect();
  quiet.command({ id: 3, presence_stats: { channel: "room:1" } });
  await answer(quiet, 3);
  assert.deepEqual(pushes(quiet, "room:1"), []);
});

test("the join comes after the answer, and a client that is refused has not joined", async (t) => {
  const { url } = await serve(t);
  const raw = await RawClient.connect(t, url);
  raw.command(
    { id: 2, subscribe: { channel: "room:1", join_leave: true } },
    { id: 3, subscribe: { channel: "room:1" } },
    { id: 4, subscribe: { channel: "room:1/2", join_leave: true } },
  );
  await answer(raw, 4);
  await raw.until(() => pushes(raw, "room:1")[0], "its own join");
  const kinds = raw.replies.slice(1).map((reply) => (reply.push ? "join" : Number(reply.id)));
  assert.deepEqual(kinds, [2, "join", 3, 4]);
  raw.command({ id: 5, presence_stats: { channel: "room:1" } });
  assert.deepEqual(await answer(raw, 5), { num_clients: 1, num_users: 1 });
});

test("a map's subscribers are there as well, once they have the whole map", async (t) => {
  const { url, bus } = await startServer(t, { channels: [{ ...room, snapshot: true }] });
  for (let n = 0; n < 10; n++) bus.send(`rooms/1/${n}`, "1");
  const witness = await enter(t, url);
  const raw = await RawClient.connect(t, url);
  const step = { channel: "room:1", type: 1, phase: 2, limit: 6, join_leave: true };
  raw.command({ id: 2, subscribe: step });
  assert.equal((await answer(raw, 2)).cursor, "1");
  assert.equal((await present(witness.subscription)).length, 1);
  raw.command({ id: 3, subscribe: { ...step, cursor: "1" } });
  assert.equal((await answer(raw, 3)).phase, undefined);
  assert.equal((await present(witness.subscription)).length, 2);
  raw.socket.terminate();
  await eventually(() => witness.heard.length === 3, "it left");
});

test("presence is refused where the rule has none, and shows nothing of a channel that one may not see", async (t) => {
  const channels = [
    { channel: "plain", topics: ["plain"] },
    { channel: "closed", topics: ["closed"], presence: true, requireToken: true },
    room,
  ];
  const { url } = await startServer(t, { channels, tokens: new TestTokens() });
  const client = await RawClient.connect(t, url);
  let id = 1;
  for (const [channel, code] of [
    ["plain", 108],
    ["closed", 103],
    ["nowhere", 102],
  ] as const)
    for (const method of ["presence", "presence_stats"]) {
      client.command({ id: ++id, [method]: { channel } });
      assert.equal(await errorOf(client, id), code);
    }
  client.command({ id: ++id, presence: { channel: "room:nobody" } });
  assert.deepEqual(await answer(client, id), { presence: {} });
  client.command({ id: ++id, presence_stats: { channel: "room:nobody" } });
  assert.deepEqual(await answer(client, id), { num_clients: 0, num_users: 0 });
});

test("a session that ends while its token is checked leaves no ghost", async (t) => {
  const tokens = new TestTokens();
  const { url, gateway, bridge } = await startServer(t, { channels: [room], tokens });
  const witness = await enter(t, url);
  const gate = new Gate();
  tokens.before = gate.pass;
  const ghost = await RawClient.open(t, url);
  ghost.command({
    id: 1,
    connect: { token: TestTokens.connection({ user: "ghost", channels: ["room:1"] }) },
  });
  await gate.reached;
  ghost.socket.terminate();
  await eventually(() => gateway.stats().sessions === 1, "it is gone");
  gate.open();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await present(witness.subscription), [witness.id]);
  const { subscriptions, sessions } = gateway.stats();
  assert.deepEqual([subscriptions, sessions, bridge.stats().subscribers, witness.heard.length], [1, 1, 1, 1]);
});
