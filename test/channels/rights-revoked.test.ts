import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import type { Options } from "centrifuge";
import { connectClient, event, Listening } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { Gate } from "./support/gate.js";
import { answer, errorOf, pushes } from "./support/heard.js";
import { MapOf } from "./support/map-of.js";
import { faultOf, PlainClient, refusalOf, token } from "./support/plain-client.js";
import { RawClient } from "./support/raw-client.js";
import { startServer, type TestOptions } from "./support/server.js";
import { type Rules, TestGate } from "./support/test-gate.js";
import { TestTokens } from "./support/test-tokens.js";

/* Rights and accounts that change while somebody is there. */

const channels = [
  {
    channel: "all",
    topics: ["d/#"],
    snapshot: true,
    presence: true,
    history: { size: 100, ttl: 60_000 },
    publish: { topic: "d/in", qos: 0 as const, retain: false },
  },
];
const everything: Rules = { ann: { subscribe: ["d/#"], publish: ["d/in"] } };
const part: Rules = { ann: { subscribe: ["d/a/#"] } };
const otherPart: Rules = { ann: { subscribe: ["d/b/#"] } };
const nothing: Rules = {};
const ANN = TestTokens.connection({ user: "ann" });

async function start(t: TestContext, rules: Rules | undefined, options: TestOptions = {}) {
  const gate = new TestGate(rules);
  const server = await startServer(t, { channels, gate, ...options });
  const connect = (more: Partial<Options> = {}) => connectClient(t, server.url, { token: ANN, ...more });
  const raw = async () => {
    const client = await RawClient.open(t, server.url);
    client.command({ id: 1, connect: { token: ANN } });
    await client.reply(1);
    return client;
  };
  return { ...server, gate, connect, raw };
}

test("who may not subscribe any more is unsubscribed for good, and hears nothing after the change", async (t) => {
  const { gate, bus, connect } = await start(t, everything);
  const client = await connect();
  const listening = await Listening.begin(client, "all");
  const ended = event(listening.subscription, "unsubscribed");
  bus.send("d/a/1", "1");
  gate.change(nothing);
  bus.send("d/a/1", "2");
  assert.deepEqual((await ended).code, 2001);
  assert.deepEqual(listening.values, [1]);
  const again = await Listening.begin(client, "mqtt:d/a/1").catch(String);
  assert.match(String(again), /103/);
});

test("who may see another part begins anew, from a state that holds that and nothing else", async (t) => {
  const { gate, bus, connect } = await start(t, everything);
  for (const topic of ["d/a/1", "d/b/1"]) bus.send(topic, `"${topic}"`);
  const client = await connect();
  const listening = await Listening.begin(client, "all");
  await listening.received(2);
  for (const [rules, topic] of [
    [part, "d/a/1"],
    [otherPart, "d/b/1"],
  ] as const) {
    listening.publications.length = 0;
    const left = event(listening.subscription, "subscribing");
    const back = event(listening.subscription, "subscribed");
    gate.change(rules);
    assert.equal((await left).code, 2502);
    assert.equal((await back).recovered, false);
    bus.send("d/a/2", '"a"');
    bus.send("d/b/2", '"b"');
    await listening.received(2);
    assert.deepEqual(
      listening.publications.map(({ tags }) => tags?.topic),
      [topic, `${topic.slice(0, -1)}2`],
    );
    bus.send("d/a/2", "", { retain: true });
    bus.send("d/b/2", "", { retain: true });
    await listening.received(3);
  }
});

test("a map begins anew without the keys that may not be seen any more", async (t) => {
  const { gate, bus, connect } = await start(t, everything);
  for (const topic of ["d/a/1", "d/b/1"]) bus.send(topic, "1");
  const map = await new MapOf(await connect(), "all").begin();
  assert.equal(map.values.size, 2);
  const synced = once(map.subscription as never, "sync");
  gate.change(part);
  await synced;
  bus.send("d/b/1", "2");
  bus.send("d/a/1", "2");
  await eventually(() => map.values.get("d/a/1") === 2, "the new value came");
  assert.deepEqual(map.sorted, [["d/a/1", 2]]);
});

test("a map begins anew when rights have changed while its client was away, and else goes on", async (t) => {
  const { gate, bus, connect } = await start(t, part);
  for (const topic of ["d/a/1", "d/b/1"]) bus.send(topic, "1");
  const client = await connect();
  const map = await new MapOf(client, "all", { minResubscribeDelay: 1, maxResubscribeDelay: 5 }).begin();
  const away = async (change: () => void) => {
    const back = event(map.subscription, "subscribed");
    client.disconnect();
    change();
    client.connect();
    return (await back).recovered;
  };
  assert.equal(await away(() => bus.send("d/a/2", "1")), true);
  await eventually(() => map.values.size === 2, "the new topic came");
  for (const [rules, seen] of [
    [otherPart, ["d/b/1"]],
    [everything, ["d/a/1", "d/a/2", "d/b/1"]],
    [part, ["d/a/1", "d/a/2"]],
  ] as const) {
    assert.equal(await away(() => gate.change(rules)), false);
    await eventually(() => map.sorted.length === seen.length, "it is what may be seen");
    assert.deepEqual(
      map.sorted.map(([topic]) => topic),
      seen,
    );
  }
});

/** A map that has all of its state and is still to ask for what changed meanwhile. */
async function betweenPages(t: TestContext) {
  const server = await start(t, everything);
  const { bus, raw } = server;
  for (const topic of ["d/a/1", "d/b/1"]) bus.send(topic, "1");
  const client = await raw();
  const step = { channel: "all", type: 1, phase: 2, limit: 1 };
  client.command({ id: 2, subscribe: step });
  let { cursor, epoch, offset } = await answer(client, 2);
  for (const topic of ["d/a/2", "d/b/2"]) bus.send(topic, "1");
  for (let id = 3; cursor !== undefined; id++) {
    client.command({ id, subscribe: { ...step, cursor } });
    ({ cursor, epoch, offset } = await answer(client, id));
  }
  const goOn = async () => {
    client.command({ id: 10, subscribe: { ...step, phase: 1, epoch, offset } });
    return errorOf(client, 10);
  };
  return { ...server, client, step, goOn };
}

test("a map whose rights change between its pages begins anew: what it has is of another part", async (t) => {
  const { gate, client, step, goOn } = await betweenPages(t);
  gate.change(part);
  assert.equal(await goOn(), 112);
  client.command({ id: 11, subscribe: { ...step, limit: 10 } });
  const { state } = await answer(client, 11);
  assert.deepEqual(
    (state as { key: string }[]).map(({ key }) => key),
    ["d/a/1", "d/a/2"],
  );
  assert.deepEqual(pushes(client, "all"), [], "clients do not listen to the end of what has not begun");
});

test("a map that is ended between its pages does not go on", async (t) => {
  const { gateway, bridge, client, goOn } = await betweenPages(t);
  assert.equal(gateway.users.unsubscribe({ user: "ann", session: undefined }, "all", {}), 1);
  assert.equal(await goOn(), 103);
  assert.deepEqual(pushes(client, "all"), []);
  assert.deepEqual([gateway.stats().subscriptions, bridge.stats().subscribers], [0, 0]);
});

test("who comes back after rights were taken away recovers what is left of them", async (t) => {
  const { gate, bus, connect } = await start(t, everything);
  const client = await connect();
  const listening = await Listening.begin(client, "all");
  bus.send("d/a/1", "1");
  await listening.received(1);
  client.disconnect();
  gate.change(part);
  bus.send("d/b/1", "2");
  bus.send("d/a/1", "3");
  const back = event(listening.subscription, "subscribed");
  client.connect();
  assert.equal((await back).recovered, true);
  await listening.received(2);
  assert.deepEqual(listening.values, [1, 3]);
  client.disconnect();
  gate.change(nothing);
  bus.send("d/a/1", "4");
  const ended = event(listening.subscription, "unsubscribed");
  client.connect();
  assert.equal((await ended).code, 103);
  assert.deepEqual(listening.values, [1, 3]);
});

test("a change that leaves a subscription what it was does not touch it", async (t) => {
  const { gate, bus, raw } = await start(t, everything);
  const client = await raw();
  client.command({ id: 2, subscribe: { channel: "all" } });
  await answer(client, 2);
  gate.change({ ann: { subscribe: ["#"], publish: ["d/in"] } });
  gate.change();
  bus.send("d/a", "1");
  await client.pushed(1);
  assert.deepEqual(
    pushes(client, "all").map(({ unsubscribe }) => unsubscribe),
    [undefined],
  );
});

test("the right to publish is taken away at once", async (t) => {
  const { gate, bus, raw } = await start(t, everything);
  const client = await raw();
  client.command({ id: 2, publish: { channel: "all", data: 1 } });
  await answer(client, 2);
  gate.change(part);
  client.command({ id: 3, publish: { channel: "all", data: 2 } });
  assert.equal(await errorOf(client, 3), 103);
  gate.change(everything);
  client.command({ id: 4, publish: { channel: "all", data: 3 } });
  assert.equal(await errorOf(client, 4), undefined);
  assert.equal(bus.published.length, 2);
});

test("whose account is gone is closed with code 3014: who can get another token comes back, and nobody else", async (t) => {
  const { gate, connect, gateway } = await start(t, undefined);
  const homeless = await connect();
  const tokens = [ANN, TestTokens.connection({ user: "bob" })];
  const able = await connect({ token: "", getToken: async () => tokens.shift() ?? "" });
  const codes: number[] = [];
  for (const client of [homeless, able]) client.on("connecting", ({ code }) => codes.push(code));
  const stopped = event(homeless, "disconnected");
  const back = event(able, "connected");
  gate.gone.add("ann");
  gate.change();
  assert.equal((await stopped).code, 3500);
  await back;
  assert.deepEqual(codes, [3014, 3014]);
  assert.equal(gateway.stats().disconnects.stateInvalidated, 2);
  const users = () => [...gateway.clients.ids()].map((id) => gateway.clients.find(id)?.user);
  await eventually(() => users().join() === "bob", "the others are gone");
});

test("an account that is removed while its token is looked at lets nobody in", async (t) => {
  const { gate, url } = await start(t, undefined);
  const { admit } = gate;
  gate.admit = async (attempt) => {
    const principal = await admit.call(gate, attempt);
    gate.gone.add("ann");
    gate.change();
    return principal;
  };
  const client = await RawClient.open(t, url);
  client.command({ id: 1, connect: { token: ANN } });
  assert.equal((await client.closed).code, 3014);
  assert.equal(client.replies.length, 0);
});

test("clients without credentials go when they are not let in any more", async (t) => {
  const { gate, url } = await start(t, undefined);
  const client = await RawClient.connect(t, url);
  const waiting = await RawClient.open(t, url);
  gate.gone.add("");
  gate.change();
  assert.equal((await client.closed).code, 3014);
  gate.gone.clear();
  waiting.command({ id: 1, connect: {} });
  await answer(waiting, 1);
});

test("a subscription whose token is being looked at is judged by the rules that hold then", async (t) => {
  const { gate, raw, bus } = await start(t, everything);
  const client = await raw();
  const latch = new Gate();
  gate.tokens.before = latch.pass;
  const subscription = TestTokens.subscription({ user: "ann", channel: "all" });
  client.command({ id: 2, subscribe: { channel: "all", token: subscription } });
  await latch.reached;
  gate.change({ ann: { channels: ["-subscribe all"] } });
  latch.open();
  assert.equal(await errorOf(client, 2), 103);
  bus.send("d/a", "1");
  client.command({ id: 3, subscribe: { channel: "all", token: subscription } });
  assert.equal(await errorOf(client, 3), 103);
  assert.deepEqual(pushes(client, "all"), []);
});

test("a subscription ends with the key that its token was signed with, and the session goes on", async (t) => {
  const { gate, raw, bus } = await start(t, nothing);
  const { grant, stands } = gate;
  const keys = new Set(["old", "new"]);
  let key = "old";
  gate.grant = async (token) => ({ ...(await grant.call(gate, token)), credential: key });
  gate.stands = (principal) =>
    stands.call(gate, principal) && (principal.credential === undefined || keys.has(principal.credential));
  const client = await raw();
  const subscription = TestTokens.subscription({ user: "ann", channel: "all" });
  client.command({ id: 2, subscribe: { channel: "all", token: subscription } });
  await answer(client, 2);
  key = "new";
  client.command({ id: 3, sub_refresh: { channel: "all", token: subscription } });
  await answer(client, 3);
  keys.delete("old");
  gate.change();
  bus.send("d/a", "1");
  await client.pushed(1);
  keys.delete("new");
  gate.change();
  bus.send("d/a", "2");
  await client.pushed(2);
  const [first, second] = pushes(client, "all");
  assert.ok(first?.pub, "the newer token's key was there");
  assert.deepEqual(
    [second].map((push) => (push?.unsubscribe as { code?: number } | undefined)?.code),
    [2501],
  );
  client.command({ id: 4, ping: {} });
  assert.equal(await errorOf(client, 4), 104);
});

test("what the server chose is subscribed anew by the server, and ended by a denial", async (t) => {
  const { gate, url, bus } = await start(t, {});
  const client = await RawClient.open(t, url);
  client.command({ id: 1, connect: { token: TestTokens.connection({ user: "ann", channels: ["all"] }) } });
  await client.reply(1);
  gate.change({ ann: { channels: ["-presence all"] } });
  bus.send("d/a", "1");
  await client.pushed(3);
  gate.change({ ann: { channels: ["-subscribe all"] } });
  bus.send("d/a", "2");
  client.command({ id: 2, history: { channel: "all", limit: 1 } });
  assert.equal(await errorOf(client, 2), 103);
  const told = pushes(client, "all").map((push) => {
    const { channel: _, unsubscribe, ...rest } = push;
    return unsubscribe?.code ?? Object.keys(rest)[0];
  });
  assert.deepEqual(told, ["join", 2502, "subscribe", "pub", 2001]);
});

test("a newer token with other rights has them from then on", async (t) => {
  const { gate, raw } = await start(t, {});
  const { rightsOf } = gate;
  gate.rightsOf = (principal) => {
    const { publish = [], subscribe = [] } = principal.stated ?? {};
    return (
      new TestGate({ [principal.user]: { publish, subscribe } }).rightsOf(principal) ?? rightsOf(principal)
    );
  };
  const client = await raw();
  client.command({ id: 2, subscribe: { channel: "all" } });
  assert.equal(await errorOf(client, 2), 103);
  const stated = (subscribe: string[]) => ({ publish: [], subscribe, channels: [] as never });
  const refresh = async (id: number, subscribe: string[]) => {
    const says = { user: "ann", stated: stated(subscribe) };
    client.command({ id, refresh: { token: TestTokens.connection(says) } });
    assert.equal(await errorOf(client, id), undefined);
  };
  await refresh(3, ["d/a/#"]);
  client.command({ id: 4, subscribe: { channel: "all" } });
  assert.equal(await errorOf(client, 4), undefined);
  await refresh(5, ["d/a/#"]);
  assert.deepEqual(
    pushes(client, "all").filter(({ unsubscribe }) => unsubscribe),
    [],
  );
  await refresh(6, ["d/b/#"]);
  await refresh(7, []);
  const codes = pushes(client, "all").flatMap(({ unsubscribe }) => (unsubscribe ? [unsubscribe.code] : []));
  assert.deepEqual(codes, [2502]);
});

test("a bare WebSocket shows what may be seen from now on, and is closed when that is nothing", async (t) => {
  const { gate, bus, plainUrl, gateway } = await start(t, everything);
  const url = `${plainUrl("all")}?jwt=${token({ user: "ann" })}`;
  const client = await PlainClient.open(t, url);
  gate.change(part);
  bus.send("d/b/1", "1");
  bus.send("d/a/1", "2");
  assert.deepEqual(
    (await client.frames(1)).map(({ data }) => data),
    [2],
  );
  client.publish("x", 1);
  assert.equal(faultOf((await client.frames(1, "system:error"))[0]).code, 103);
  gate.change(nothing);
  bus.send("d/a/1", "3");
  assert.equal((await client.raw.closed).code, 3507);
  const last = client.all.at(-1);
  assert.deepEqual([faultOf(last).code, last?.error], [3507, "permission denied"]);
  assert.equal(
    client.all.some(({ data }) => data === 3),
    false,
  );
  assert.equal((await refusalOf(url)).status, 403);
  gate.change(everything);
  const other = await PlainClient.open(t, url);
  gate.gone.add("ann");
  gate.change();
  assert.equal((await other.raw.closed).code, 3014);
  assert.ok(other.all.at(-1)?.error, "its clients would come back without end");
  await eventually(() => gateway.stats().plainSessions === 0, "none is left");
});

test("what a rate holds back for a bare WebSocket is not told when the right to it has gone meanwhile", async (t) => {
  const paced = [{ channel: "paced", topics: ["d/#"], maxRate: 4 }];
  const { gate, bus, plainUrl } = await start(t, everything, { channels: paced });
  const client = await PlainClient.open(t, `${plainUrl("paced")}?jwt=${token({ user: "ann" })}`);
  bus.send("d/a/1", "1");
  bus.send("d/b/1", "2");
  bus.send("d/a/2", "3");
  gate.change(part);
  const frames = await client.frames(2);
  assert.deepEqual(
    frames.map(({ data }) => data),
    [1, 3],
  );
});
