import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { MapSubscription, MapUpdateContext } from "centrifuge";
import { connectClient, event } from "./support/client.js";
import { cuttable } from "./support/cuttable.js";
import { eventually } from "./support/eventually.js";
import { Gate } from "./support/gate.js";
import { answer, errorOf, type Heard, publications } from "./support/heard.js";
import { RawClient } from "./support/raw-client.js";
import { startServer, type TestServer } from "./support/server.js";

const rooms = { channel: "rooms", topics: ["rooms/#"], snapshot: true };
const device = { channel: "device:{id}", topics: ["devices/{id}/#"], snapshot: true };

/** A map subscription of the reference client, and the map as its application has it. */
class Mirror {
  readonly values = new Map<string, unknown>();
  readonly updates: MapUpdateContext[] = [];
  syncs = 0;

  constructor(readonly subscription: MapSubscription) {
    subscription.on("sync", ({ entries }) => {
      this.syncs++;
      this.values.clear();
      for (const { key, data } of entries) this.values.set(key, data);
    });
    subscription.on("update", (update) => {
      this.updates.push(update);
      if (update.removed) this.values.delete(update.key);
      else this.values.set(update.key, update.data);
    });
  }

  get entries(): [string, unknown][] {
    return [...this.values].sort(([a], [b]) => a.localeCompare(b));
  }
}

async function mirror(t: TestContext, { url }: TestServer, channel = "rooms", pageSize = 0) {
  const { websocket, cut, current } = cuttable();
  const client = await connectClient(t, url, { websocket });
  const map = new Mirror(client.newMapSubscription(channel, { pageSize }));
  const subscribed = event(map.subscription, "subscribed");
  map.subscription.subscribe();
  await subscribed;
  return { client, cut, current, map };
}

test("a map has every topic's value, then every change and removal", async (t) => {
  const server = await startServer(t, { channels: [rooms] });
  server.bus.send("rooms/a", "1");
  server.bus.send("rooms/b", "2", { retain: true });
  const { map } = await mirror(t, server);
  assert.deepEqual(map.entries, [
    ["rooms/a", 1],
    ["rooms/b", 2],
  ]);
  server.bus.send("rooms/a", "3");
  server.bus.send("rooms/b", "", { retain: true });
  server.bus.send("rooms/c", "4");
  await eventually(() => map.updates.length === 3, "three updates");
  assert.deepEqual(map.entries, [
    ["rooms/a", 3],
    ["rooms/c", 4],
  ]);
  assert.deepEqual(
    map.updates.map(({ key, removed }) => [key, removed]),
    [
      ["rooms/a", undefined],
      ["rooms/b", true],
      ["rooms/c", undefined],
    ],
  );
  assert.equal(map.syncs, 1);
});

test("values have the time they came at, where the server was there, and their encoding", async (t) => {
  const server = await startServer(t, { channels: [rooms] });
  const before = Date.now();
  server.bus.send("rooms/a", Buffer.from([0xff]));
  const client = await RawClient.connect(t, server.url);
  client.command({ id: 2, subscribe: { channel: "rooms", type: 1, phase: 2 } });
  const { state } = (await answer(client, 2)) as { state: Heard[] };
  const [value] = state;
  assert.deepEqual([value?.data, value?.tags?.topic, value?.tags?.encoding], ["/w==", "rooms/a", "base64"]);
  assert.ok(Number(value?.tags?.time) >= before);
});

test("a large map comes in pages, with what happens meanwhile", async (t) => {
  const server = await startServer(t, { channels: [rooms] });
  for (let n = 0; n < 500; n++) server.bus.send(`rooms/${n}`, "0");
  let n = 0;
  const timer = setInterval(() => {
    server.bus.send(`rooms/${(n * 7) % 600}`, String(++n));
    if (n % 10 === 0) server.bus.send(`rooms/${n % 600}`, "", { retain: true });
  }, 0);
  t.after(() => clearInterval(timer));
  const { map } = await mirror(t, server, "rooms", 20);
  clearInterval(timer);
  server.bus.send("rooms/last", "1");
  await eventually(() => map.values.has("rooms/last"), "the last");
  const check = await mirror(t, server);
  assert.deepEqual(map.entries, check.map.entries);
  assert.ok(n > 3, "something happened meanwhile");
});

test("after a cut a map is brought up to date, not sent again", async (t) => {
  const server = await startServer(t, { channels: [rooms] });
  for (const topic of ["a", "b", "c", "d"]) server.bus.send(`rooms/${topic}`, "1", { retain: true });
  const { map, cut } = await mirror(t, server);
  const subscribed = event(map.subscription, "subscribed");
  cut();
  await eventually(() => server.gateway.stats().sessions === 0, "the session is gone");
  server.bus.send("rooms/a", "2");
  server.bus.send("rooms/a", "3");
  server.bus.send("rooms/b", "", { retain: true });
  server.bus.send("rooms/e", "4");
  server.bus.send("rooms/f", "5", { retain: true });
  server.bus.send("rooms/f", "", { retain: true });
  const { recovered } = await subscribed;
  assert.equal(recovered, true);
  await eventually(() => map.updates.length >= 4, "the changes");
  assert.deepEqual(map.entries, [
    ["rooms/a", 3],
    ["rooms/c", 1],
    ["rooms/d", 1],
    ["rooms/e", 4],
  ]);
  assert.equal(map.syncs, 1);
  const keys = map.updates.map(({ key }) => key);
  assert.deepEqual(keys, ["rooms/a", "rooms/b", "rooms/e", "rooms/f"], "each topic once");
});

test("a map whose removals are forgotten is sent again, whole", async (t) => {
  const server = await startServer(t, { channels: [rooms], bridge: { maxTopics: 5 } });
  server.bus.send("rooms/a", "1", { retain: true });
  const { map, cut } = await mirror(t, server);
  cut();
  await eventually(() => server.gateway.stats().sessions === 0, "the session is gone");
  server.bus.send("rooms/a", "", { retain: true });
  for (let n = 0; n < 10; n++) {
    server.bus.send(`rooms/${n}`, "1", { retain: true });
    server.bus.send(`rooms/${n}`, "", { retain: true });
  }
  server.bus.send("rooms/b", "2");
  await eventually(() => map.syncs === 2, "it is sent again");
  assert.deepEqual(map.entries, [["rooms/b", 2]]);
});

test("a map of a channel that was closed meanwhile is sent again, whole", async (t) => {
  const server = await startServer(t, { bridge: { linger: 0 } });
  server.bus.send("x/a", "1", { retain: true });
  const { map, cut } = await mirror(t, server, "mqtt:x/#");
  const gate = new Gate();
  server.bus.beforeRetained = gate.pass;
  cut();
  await eventually(() => server.bridge.stats().channels === 0, "the channel is closed");
  server.bus.send("x/b", "2", { retain: true });
  server.bus.send("x/a", "", { retain: true });
  gate.open();
  await eventually(() => map.syncs === 2, "it is sent again");
  assert.deepEqual(map.entries, [["x/b", 2]]);
});

test("a topic that is dropped at the bound leaves the maps", async (t) => {
  const server = await startServer(t, { channels: [device], bridge: { maxTopics: 3 } });
  for (const topic of ["devices/1/a", "devices/1/b", "devices/2/a"]) server.bus.send(topic, "1");
  const one = await mirror(t, server, "device:1");
  const two = await mirror(t, server, "device:2");
  server.bus.send("devices/2/b", "1");
  await eventually(() => two.map.values.size === 2 && one.map.values.size === 1, "both are told");
  assert.deepEqual(one.map.entries, [["devices/1/b", 1]]);
  server.bus.send("devices/2/c", "1");
  await eventually(() => one.map.values.size === 0 && two.map.values.size === 3, "both are told");
});

test("publishing is possible to a map as to a stream, and shows there", async (t) => {
  const writable = { ...rooms, publish: { topic: "rooms/desk", qos: 1 as const, retain: false } };
  const server = await startServer(t, { channels: [writable] });
  const { client, map } = await mirror(t, server);
  await client.publish("rooms", { on: true });
  await eventually(() => map.values.size === 1, "it shows");
  assert.deepEqual(map.entries, [["rooms/desk", { on: true }]]);
});

test("a key is published to where it is the topic of the rule; any other, and a removal, is refused and not sent elsewhere", async (t) => {
  const writable = { ...device, publish: { topic: "devices/{id}/set", qos: 1 as const, retain: false } };
  const server = await startServer(t, { channels: [writable] });
  const { client, map } = await mirror(t, server, "device:7");
  await map.subscription.publish("devices/7/set", { on: true });
  await eventually(() => map.values.size === 1, "it shows");
  assert.deepEqual(map.entries, [["devices/7/set", { on: true }]]);
  await client.mapPublish("mqtt:devices/7/t", "devices/7/t", 21);
  for (const key of ["devices/7/t", "devices/8/set", "set"])
    await assert.rejects(map.subscription.publish(key, 1), { code: 108, message: /is not the key "/ });
  await assert.rejects(map.subscription.remove("devices/7/set"), { code: 108, message: /empty retained/ });
  assert.deepEqual(
    server.bus.published.map(({ topic }) => topic),
    ["devices/7/set", "devices/7/t"],
  );
});

test("a channel that keeps no values is no map", async (t) => {
  const server = await startServer(t, { channels: [{ ...rooms, snapshot: false }] });
  const client = await RawClient.connect(t, server.url);
  client.command({ id: 2, subscribe: { channel: "rooms", type: 1, phase: 2 } });
  assert.equal(await errorOf(client, 2), 108);
  assert.deepEqual([server.bridge.stats().subscribers, server.gateway.stats().subscriptions], [0, 0]);
});

test("steps out of order have a client begin anew, and never leave a half subscription", async (t) => {
  const server = await startServer(t, { channels: [rooms] });
  for (let n = 0; n < 10; n++) server.bus.send(`rooms/${n}`, "1");
  const client = await RawClient.connect(t, server.url);
  const step = { channel: "rooms", type: 1 };
  const steps: [object, number | undefined][] = [
    [{ phase: 2, limit: 3 }, undefined],
    [{ phase: 2, limit: 3, cursor: "2" }, 112],
    [{ phase: 2, limit: 3, cursor: "1" }, 112],
    [{ phase: 1, epoch: "e", offset: 1 }, 112],
    [{ phase: 0 }, 112],
    [{ phase: 7, recover: true, epoch: "", offset: 0 }, 112],
    [{ phase: 2, cursor: "constructor" }, 112],
    [{ phase: 2, limit: 1e9 }, undefined],
  ];
  for (const [i, [fields, code]] of steps.entries()) {
    client.command({ id: i + 2, subscribe: { ...step, ...fields } });
    assert.equal(await errorOf(client, i + 2), code, JSON.stringify(fields));
  }
  assert.deepEqual([server.gateway.stats().subscriptions, server.bridge.stats().subscribers], [1, 1]);
  server.bus.send("rooms/new", "1");
  await client.until(() => publications(client, "rooms")[0], "an update");
});

test("ten thousand topics come in messages that every client takes", async (t) => {
  const server = await startServer(t, { channels: [rooms] });
  for (let n = 0; n < 10_000; n++) server.bus.send(`rooms/${n}`, JSON.stringify("x".repeat(400)));
  const client = await RawClient.connect(t, server.url);
  const seen = new Set<string>();
  let cursor = "";
  for (let id = 2; ; id++) {
    client.command({ id, subscribe: { channel: "rooms", type: 1, phase: 2, limit: 10_000, cursor } });
    const page = (await answer(client, id)) as { state: Heard[]; cursor?: string };
    for (const { key } of page.state) seen.add(key ?? "");
    if (page.cursor === undefined) break;
    cursor = page.cursor;
  }
  assert.equal(seen.size, 10_000);
  const longest = Math.max(...client.frames.map(({ length }) => length));
  assert.ok(longest < 1024 * 1024, `${longest} bytes in one message`);
});
