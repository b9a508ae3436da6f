import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { connectClient, Listening } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { MapOf } from "./support/map-of.js";
import { RawClient } from "./support/raw-client.js";
import { startServer } from "./support/server.js";

const fossil = { delta: "fossil" } as const;
const state = { channel: "state", topics: ["d/#"], snapshot: true };
const past = { channel: "past", topics: ["d/#"], history: { size: 100, ttl: 60_000 } };

/** A value of some length of which little changes. */
const value = (n: number, name = "sensor in the kitchen") => ({
  name,
  unit: "°C",
  place: { x: 1.5, y: 2 },
  n,
});
const send = (bus: { send(topic: string, text: string): void }, topic: string, n: number): void =>
  bus.send(topic, JSON.stringify(value(n, topic)));

test("a stream is told what has changed, and the client has every value", async (t) => {
  const { url, bus, gateway } = await startServer(t);
  const client = await connectClient(t, url);
  const listening = await Listening.begin(client, "mqtt:d/#", fossil);
  for (let n = 0; n < 20; n++) send(bus, "d/a", n);
  bus.send("d/a", "plain text");
  bus.send("d/b", Buffer.from([0xff]));
  bus.send("d/b", "");
  bus.send("d/c", '{"big": 12345678901234567890,\n "a": 1.50}');
  await listening.received(24);
  assert.deepEqual(
    listening.values.slice(0, 20),
    Array.from({ length: 20 }, (_, n) => value(n, "d/a")),
  );
  assert.deepEqual(listening.values.slice(20, 23), ["plain text", "/w==", ""]);
  const { numDeltaPayloads, compressionRatio } = listening.subscription.deltaStats();
  assert.equal(numDeltaPayloads, 19);
  assert.equal(gateway.stats().deltas, 19);
  assert.ok(compressionRatio > 0.5, `${compressionRatio}`);
  assert.equal(gateway.stats().deltaBases, 1);
  client.disconnect();
  await eventually(() => gateway.stats().deltaBases === 0, "nothing is kept");
  assert.equal(gateway.stats().deltaBaseBytes, 0);
});

test("clients with and without deltas share a channel, and those who come later begin with a full value", async (t) => {
  const { url, bus } = await startServer(t);
  const plain = await Listening.begin(await connectClient(t, url), "mqtt:d/a");
  const early = await Listening.begin(await connectClient(t, url), "mqtt:d/a", fossil);
  send(bus, "d/a", 0);
  await early.received(1);
  const late = await Listening.begin(await connectClient(t, url), "mqtt:d/a", fossil);
  for (let n = 1; n < 5; n++) send(bus, "d/a", n);
  await Promise.all([plain.received(5), early.received(5), late.received(5)]);
  const all = [0, 1, 2, 3, 4].map((n) => value(n, "d/a"));
  for (const { values } of [plain, early, late]) assert.deepEqual(values, all);
});

test("what a snapshot and a history bring is whole, and what follows is told against it", async (t) => {
  const { url, bus } = await startServer(t, { channels: [state, past] });
  for (const topic of ["d/a", "d/b"]) send(bus, topic, 0);
  const client = await connectClient(t, url);
  const snapshot = await Listening.begin(client, "state", fossil);
  const recovering = await Listening.begin(client, "past", fossil);
  send(bus, "d/b", 1);
  await recovering.received(1);
  client.disconnect();
  send(bus, "d/b", 2);
  const back = once(recovering.subscription as never, "subscribed");
  client.connect();
  assert.equal((await back)[0].recovered, true);
  send(bus, "d/b", 3);
  await recovering.received(3);
  assert.deepEqual(
    recovering.values,
    [1, 2, 3].map((n) => value(n, "d/b")),
  );
  assert.equal(recovering.subscription.deltaStats().numDeltaPayloads, 1);
  await eventually(
    () => JSON.stringify(snapshot.values.at(-1)) === JSON.stringify(value(3, "d/b")),
    "the newest value",
  );
  for (const { tags, data } of snapshot.publications) assert.equal(data.name, tags?.topic);
});

test("the pages of a large snapshot and live values form one chain", async (t) => {
  const { url, bus } = await startServer(t, { channels: [state] });
  const pad = "x".repeat(5_000);
  const text = (topic: string, n: number): string => JSON.stringify({ topic, n, pad });
  for (let n = 0; n < 100; n++) bus.send(`d/${n}`, text(`d/${n}`, 0));
  const client = await connectClient(t, url);
  const listening = await Listening.begin(client, "state", fossil);
  for (let round = 1; round <= 20; round++) {
    bus.send(`d/${99 - round}`, text(`d/${99 - round}`, round));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const newest = (): Map<string, number> =>
    new Map(listening.publications.map(({ data }) => [data.topic, data.n]));
  await eventually(() => newest().size === 100 && newest().get("d/79") === 20, "everything");
  for (const { tags, data } of listening.publications) assert.equal(data.topic, tags?.topic);
});

test("a map is told by topic what has changed: state, live values, removals, a break", async (t) => {
  const { url, bus, gateway } = await startServer(t, { channels: [state] });
  for (const topic of ["d/a", "d/b", "d/c"]) send(bus, topic, 0);
  const client = await connectClient(t, url);
  const map = await new MapOf(client, "state", { ...fossil, pageSize: 1 }).begin();
  const expected = (entries: Record<string, number>): [string, unknown][] =>
    Object.entries(entries).map(([topic, n]) => [topic, value(n, topic)]);
  assert.deepEqual(map.sorted, expected({ "d/a": 0, "d/b": 0, "d/c": 0 }));
  send(bus, "d/a", 1);
  bus.send("d/b", "", { retain: true });
  send(bus, "d/b", 2);
  send(bus, "d/new", 3);
  send(bus, "d/new", 4);
  await eventually(() => map.updates === 5, "all of it");
  assert.deepEqual(map.sorted, expected({ "d/a": 1, "d/b": 2, "d/c": 0, "d/new": 4 }));
  assert.equal(gateway.stats().deltas, 2);

  client.disconnect();
  await eventually(() => gateway.stats().sessions === 0, "it is gone");
  send(bus, "d/a", 5);
  const back = once(map.subscription as never, "subscribed");
  client.connect();
  assert.equal((await back)[0].recovered, true);
  for (const topic of ["d/a", "d/b", "d/c"]) send(bus, topic, 6);
  await eventually(() => map.updates === 9, "what followed");
  assert.deepEqual(map.sorted, expected({ "d/a": 6, "d/b": 6, "d/c": 6, "d/new": 4 }));
  assert.equal(gateway.stats().deltas, 3, "only of a value that was told since it came back");
});

test("a client that goes on from a position that it has kept elsewhere needs no earlier value", async (t) => {
  const { url, bus } = await startServer(t, { channels: [state] });
  send(bus, "d/a", 0);
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel: "state", type: 1, phase: 2 } });
  const { subscribe } = (await client.reply(2)) as { subscribe: { epoch: string; offset: number } };
  const { epoch, offset } = subscribe;
  const other = await RawClient.connect(t, url);
  const request = { channel: "state", type: 1, phase: 1, recover: true, epoch, offset, delta: "fossil" };
  other.command({ id: 2, subscribe: request });
  assert.match(JSON.stringify(await other.reply(2)), /"delta":true/);
  for (const n of [1, 2]) send(bus, "d/a", n);
  const pushes = (await other.pushed(2)) as unknown as { pub: { data: string; delta?: boolean } }[];
  assert.deepEqual(JSON.parse(pushes[0]?.pub.data ?? ""), value(1, "d/a"));
  assert.deepEqual(
    pushes.map(({ pub }) => pub.delta),
    [undefined, true],
  );
});

test("a rule without deltas is told in full, without a word", async (t) => {
  const { url, bus } = await startServer(t, {
    channels: [
      { ...state, delta: false },
      { ...past, delta: false },
    ],
  });
  for (const topic of ["d/a", "d/b"]) send(bus, topic, 0);
  const client = await connectClient(t, url);
  const map = await new MapOf(client, "state", fossil).begin();
  const stream = await Listening.begin(client, "past", fossil);
  for (let n = 1; n < 4; n++) send(bus, "d/a", n);
  await stream.received(3);
  await eventually(() => map.updates === 3, "the map's");
  assert.deepEqual(
    stream.values,
    [1, 2, 3].map((n) => value(n, "d/a")),
  );
  assert.deepEqual(map.values.get("d/a"), value(3, "d/a"));
});

test("what is told slowly is told against what was told before", async (t) => {
  const { url, bus, gateway } = await startServer(t, { channels: [state] });
  const client = await connectClient(t, url);
  const stream = await Listening.begin(client, "mqtt:d/#", { ...fossil, data: { maxRate: 50 } });
  const map = await new MapOf(client, "state", { ...fossil, data: { maxRate: 50 } }).begin();
  for (let n = 0; n < 50; n++) {
    for (const topic of ["d/a", "d/b"]) send(bus, topic, n);
    if (n === 20) bus.send("d/b", "", { retain: true });
    if (n % 5 === 0) await stream.received(stream.values.length + 1);
  }
  const last = (topic: string): string => JSON.stringify(value(49, topic));
  await eventually(
    () => ["d/a", "d/b"].every((topic) => JSON.stringify(map.values.get(topic)) === last(topic)),
    "the map's newest",
  );
  await eventually(
    () => ["d/a", "d/b"].every((topic) => stream.values.some((told) => JSON.stringify(told) === last(topic))),
    "the stream's newest",
  );
  for (const { tags, data } of stream.publications) if (data !== "") assert.equal(data.name, tags?.topic);
  assert.ok(gateway.stats().deltas > 10 && gateway.stats().conflated > 50, JSON.stringify(gateway.stats()));
});
