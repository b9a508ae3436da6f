import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Random } from "../model/random.js";
import { connectClient, Listening } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { MapOf } from "./support/map-of.js";
import { RawClient, type Reply } from "./support/raw-client.js";
import { startServer } from "./support/server.js";

const slowly = { channel: "slowly", topics: ["s/#"], maxRate: 20 };
const map = { channel: "map", topics: ["m/#"], snapshot: true, maxRate: 20 };

/** Time that so many publications take, less what the first may be late by. */
const least = (publications: number, rate: number): number => ((publications - 1) * 1_000) / rate - 100;

test("a subscription is told the newest value of each topic, no faster than its rule says, one after the other", async (t) => {
  const { url, bus, gateway } = await startServer(t, { channels: [slowly] });
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel: "slowly" } });
  await client.reply(2);
  const begun = performance.now();
  const topics = Array.from({ length: 8 }, (_, n) => `s/${n}`);
  for (let value = 0; value < 50; value++) for (const topic of topics) bus.send(topic, String(value));
  const pushes = await client.pushed(9);
  assert.ok(performance.now() - begun >= least(9, 20));
  assert.deepEqual(
    pushes.map(({ pub }) => [pub.tags.topic, pub.data]),
    [["s/0", 0], ...[...topics.slice(1), "s/0"].map((topic) => [topic, 49])],
  );
  const sizes = client.frames.slice(2).map((frame) => frame.split("\n").length);
  assert.deepEqual(sizes, Array(9).fill(1), "never two at once");
  assert.equal(gateway.stats().conflated, 8 * 50 - 9);
  assert.deepEqual([gateway.stats().heldTopics, gateway.stats().heldBytes], [0, 0]);
});

test("a subscriber can ask for less than its rule says, and not for more", async (t) => {
  const { url, bus } = await startServer(t, { channels: [slowly] });
  const client = await connectClient(t, url);
  const less = await Listening.begin(client, "slowly", { data: { maxRate: "5/s" } });
  const other = await connectClient(t, url);
  const more = await Listening.begin(other, "slowly", { data: { maxRate: 1_000 } });
  const unruled = await Listening.begin(other, "mqtt:s/#", { data: { maxRate: 5 } });
  const begun = performance.now();
  for (let n = 0; n < 6; n++) bus.send(`s/${n}`, String(n));
  await more.received(6);
  assert.ok(performance.now() - begun >= least(6, 20));
  await Promise.all([less.received(6), unruled.received(6)]);
  assert.ok(performance.now() - begun >= least(6, 5));
  assert.deepEqual(less.values, [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(unruled.values, less.values);
});

test("what is told slowly cannot be recovered, and says so", async (t) => {
  const { url, bus } = await startServer(t, {
    channels: [{ ...slowly, history: { size: 10, ttl: 60_000 } }],
  });
  bus.send("s/a", "1");
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel: "slowly" } });
  assert.deepEqual(await client.reply(2), { id: 2, subscribe: {} });
  client.command({ id: 3, history: { channel: "slowly", limit: 0 } });
  const { history } = (await client.reply(3)) as { history: { epoch: string; offset: number } };
  assert.equal(history.offset, 1);
  const { epoch, offset } = history;
  client.command({ id: 4, unsubscribe: { channel: "slowly" } });
  client.command({ id: 5, subscribe: { channel: "slowly", recover: true, epoch, offset } });
  assert.deepEqual(await client.reply(5), { id: 5, subscribe: { was_recovering: true, recovered: false } });
  client.command({ id: 6, unsubscribe: { channel: "slowly" } });
  client.command({ id: 7, subscribe: { channel: "slowly", recover: true, epoch, offset, flag: 2 } });
  assert.equal(((await client.reply(7)) as { error: { code: number } }).error.code, 112);
});

test("a plain WebSocket is told at the rule's rate", async (t) => {
  const { plainUrl, bus, bridge } = await startServer(t, { channels: [slowly] });
  const client = await RawClient.open(t, plainUrl("slowly"));
  await eventually(() => bridge.stats().subscribers === 1, "it is subscribed");
  const begun = performance.now();
  for (let value = 0; value < 10; value++) for (const n of [0, 1, 2, 3]) bus.send(`s/${n}`, String(value));
  await client.until(() => (client.replies.length >= 5 ? true : undefined), "five frames");
  assert.ok(performance.now() - begun >= least(5, 20));
  assert.deepEqual(
    client.replies.map(({ data }) => data),
    [0, 9, 9, 9, 9],
  );
});

test("a snapshot is told at once, and no older value follows a newer one", async (t) => {
  const { url, bus } = await startServer(t, { channels: [{ ...map, maxRate: 50 }] });
  const payload = (topic: string, value: number): string =>
    JSON.stringify({ topic, value, pad: "x".repeat(2_000) });
  const topics = Array.from({ length: 200 }, (_, n) => `m/${n}`);
  for (const topic of topics) bus.send(topic, payload(topic, 0));
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel: "map" } });
  // While the pages of the snapshot are on their way, the last topics change.
  await client.reply(2);
  for (const topic of topics.slice(-5)) for (const value of [1, 2]) bus.send(topic, payload(topic, value));
  const values = (): { topic: string; value: number }[] =>
    client.replies.flatMap((reply) => {
      const { publications } = (reply.subscribe ?? {}) as { publications?: { data: never }[] };
      const push = reply.push as { pub: { data: never } } | undefined;
      return [...(publications ?? []), ...(push ? [push.pub] : [])].map(({ data }) => data);
    });
  const isTold = (): boolean =>
    topics.slice(-5).every((topic) => values().some((told) => told.topic === topic && told.value === 2));
  await client.until(() => (isTold() && values().length >= 200 ? true : undefined), "everything");
  const newest = new Map<string, number>();
  for (const { topic, value } of values()) {
    assert.ok(value >= (newest.get(topic) ?? 0), `${topic} went back to ${value}`);
    newest.set(topic, value);
  }
  assert.equal(newest.size, 200);
});

test("a map that is told slowly becomes true, and goes on from a position that misses nothing", async (t) => {
  const { url, bus } = await startServer(t, { channels: [map] });
  for (let n = 0; n < 30; n++) bus.send(`m/${n}`, '"begin"');
  const client = await connectClient(t, url);
  const told = await new MapOf(client, "map").begin();
  for (let n = 0; n < 30; n++) for (const value of ["one", "two"]) bus.send(`m/${n}`, JSON.stringify(value));
  bus.send("m/3", "", { retain: true });
  await eventually(() => told.updates >= 3, "some of it was told");
  client.disconnect();
  bus.send("m/5", '"meanwhile"');
  bus.send("m/29", "", { retain: true });
  const back = once(told.subscription as never, "subscribed");
  client.connect();
  await back;
  await eventually(() => !told.values.has("m/29"), "what changed since was told at once");
  const expected = new Map(Array.from({ length: 30 }, (_, n) => [`m/${n}`, n === 5 ? "meanwhile" : "two"]));
  expected.delete("m/3");
  expected.delete("m/29");
  assert.deepEqual(new Map(told.sorted), new Map([...expected].sort(([a], [b]) => (a < b ? -1 : 1))));
  assert.deepEqual([told.syncs, told.recoveries], [1, 1]);
});

test("at every moment a client that stands at the position it was told has all that was before it", async (t) => {
  const { url, bus } = await startServer(t, { channels: [{ ...map, maxRate: 200 }] });
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel: "map", type: 1, phase: 2 } });
  await client.reply(2);
  /** The topics by the number of the change; the first is 1. */
  const changes: string[] = [];
  const random = new Random(7);
  for (let round = 0; round < 60; round++) {
    for (let n = random.between(0, 5); n > 0; n--) {
      const topic = `m/${random.between(0, 11)}`;
      changes.push(topic);
      bus.send(topic, String(changes.length));
    }
    await new Promise((resolve) => setImmediate(resolve));
    if (round % 10 === 9) await client.pushed(round / 2);
  }
  const last = (topic: string, before: number): number => changes.lastIndexOf(topic, before - 1) + 1;
  const topics = [...new Set(changes)];
  const has = new Map<string, number>();
  const isDone = (): boolean => topics.every((topic) => has.get(topic) === last(topic, changes.length));
  let looked = 0;
  let position = 0;
  await client.until(() => {
    const pushes = client.replies.flatMap(({ push }: Reply) => (push ? [push as never] : []));
    for (const { pub } of pushes.slice(looked) as { pub: { key: string; data: number; offset: number } }[]) {
      has.set(pub.key, pub.data);
      assert.ok(pub.offset >= position, "positions ascend");
      position = pub.offset;
      for (const topic of topics)
        assert.ok(
          (has.get(topic) ?? 0) >= last(topic, position),
          `${topic} is older than position ${position}`,
        );
    }
    looked = pushes.length;
    return isDone() || undefined;
  }, "the newest values");
  assert.equal(position, changes.length, "in the end everything has been told");
});

test("more topics than may be held back: a stream drops the longest waiting, a map is caught up with", async (t) => {
  const { url, bus, gateway } = await startServer(t, {
    channels: [slowly, map],
    gateway: { maxHeldTopics: 10 },
  });
  const client = await connectClient(t, url);
  const stream = await Listening.begin(client, "slowly");
  for (let n = 0; n < 30; n++) bus.send(`s/${n}`, String(n));
  await stream.received(11);
  assert.deepEqual(stream.values, [0, ...Array.from({ length: 10 }, (_, n) => 20 + n)]);
  assert.equal(gateway.stats().heldDropped, 19);

  const told = await new MapOf(client, "map").begin();
  const codes: number[] = [];
  told.subscription.on("subscribing", ({ code }) => codes.push(code));
  for (let n = 0; n < 30; n++) bus.send(`m/${n}`, String(n));
  await eventually(() => told.values.size === 30, "the map is complete");
  assert.deepEqual([codes, told.syncs, gateway.stats().heldRestarts], [[2500], 1, 1]);
  assert.equal(gateway.stats().heldTopics, 0);
});
