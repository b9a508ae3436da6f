import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, TopicsStore } from "../../dashboard/model/topics-store.js";

const START = 1_700_000_000_000;

function live(topic: string, data: unknown, tags?: Record<string, string>): Message {
  return { topic, data, tags, snapshot: false };
}

function stored(topic: string, data: unknown, at?: number): Message {
  return { topic, data, snapshot: true, at };
}

test("a message gives its topic a value, an age and a count", () => {
  const store = new TopicsStore();
  store.record(live("a/b", { c: 1 }), START);
  store.record(live("a/b", { c: 2 }), START + 500);
  const topic = store.get("a/b");
  assert.deepEqual(topic?.payload, { kind: "json", value: { c: 2 } });
  assert.equal(topic?.count, 2);
  assert.equal(topic?.at, START + 500);
  assert.deepEqual(
    topic?.history.samples.map((sample) => sample.values),
    [[1], [2]],
  );
  assert.equal(store.messages, 2);
  assert.equal(store.size, 1);
});

test("text, base64 and JSON are told apart", () => {
  const store = new TopicsStore();
  store.record(live("text", "on"), START);
  store.record(live("binary", "AP8=", { topic: "binary", encoding: "base64" }), START);
  store.record(live("nothing", null), START);
  assert.deepEqual(store.get("text")?.payload, { kind: "text", text: "on" });
  assert.deepEqual(store.get("binary")?.payload, { kind: "binary", base64: "AP8=" });
  assert.deepEqual(store.get("nothing")?.payload, { kind: "json", value: null });
});

test("a stored value is shown but is no message", () => {
  const store = new TopicsStore();
  store.record(stored("a", 1), START);
  assert.equal(store.get("a")?.at, undefined);
  assert.equal(store.get("a")?.count, 0);
  assert.equal(store.messages, 0);
  assert.equal(store.rate.perSecond(START + 5_000), 0);
});

test("a stored value that is the same after a reconnect keeps the age; another one is new", () => {
  const store = new TopicsStore();
  store.record(live("a", { c: 1 }), START);
  store.record(stored("a", { c: 1 }), START + 9_000);
  assert.equal(store.get("a")?.at, START);
  store.record(stored("a", { c: 2 }), START + 9_000);
  assert.equal(store.get("a")?.at, START + 9_000);
  assert.equal(store.get("a")?.count, 1);
});

test("at the bound the topic that was silent longest is dropped and counted, never the chosen one", () => {
  const store = new TopicsStore({ maxTopics: 3 });
  for (const topic of ["a", "b", "c"]) store.record(live(topic, 1), START);
  store.record(live("a", 2), START + 1);
  store.choose("b");
  store.record(live("d", 1), START + 2);
  assert.deepEqual(
    [...store.topics()].map((topic) => topic.name),
    ["b", "a", "d"],
  );
  assert.equal(store.dropped, 1);
});

test("large values are bounded together", () => {
  const store = new TopicsStore({ maxWeight: 10_000 });
  for (let i = 0; i < 20; i++) store.record(live(`t${i}`, "x".repeat(3_000)), START);
  assert.equal(store.size, 3);
  assert.equal(store.dropped, 17);
  for (let i = 0; i < 20; i++) store.record(live("t19", { list: ["y".repeat(4_000)] }), START);
  assert.ok(store.get("t19"), "the newest topic stays, whatever it weighs");
  assert.ok(store.size >= 1);
});

test("the weight of a replaced value is given back", () => {
  const store = new TopicsStore({ maxWeight: 10_000 });
  store.record(live("small", 1), START);
  for (let i = 0; i < 100; i++) store.record(live("large", "x".repeat(3_000)), START);
  assert.equal(store.dropped, 0);
  assert.equal(store.size, 2);
});

test("the chosen topic keeps a long history, the others share one", () => {
  const store = new TopicsStore({ maxSamples: 50, maxOtherSamples: 40 });
  store.choose("a");
  for (let i = 0; i < 200; i++)
    for (const topic of ["a", "b", "c", "d"]) store.record(live(topic, i), START + i);
  assert.equal(store.get("a")?.history.samples.length, 50);
  assert.equal(store.get("b")?.history.samples.length, 10);
  assert.deepEqual(store.get("b")?.history.last?.values, [199]);
});

test("a hundred thousand messages over ever new topics leave a bounded store", () => {
  const store = new TopicsStore({ maxTopics: 500, maxOtherSamples: 1_000 });
  for (let i = 0; i < 100_000; i++) store.record(live(`device-${i % 20_000}/x`, { [`f${i}`]: i }), START + i);
  let samples = 0;
  for (const topic of store.topics()) samples += topic.history.samples.length;
  assert.equal(store.size, 500);
  assert.equal(store.messages, 100_000);
  assert.equal(store.dropped, 100_000 - 500);
  assert.ok(samples <= 1_000, `${samples} samples`);
});

test("a stored value has the age that the server knows, and is not younger than now", () => {
  const store = new TopicsStore();
  store.record(stored("known", 1, START - 60_000), START);
  store.record(stored("ahead", 1, START + 60_000), START);
  store.record(stored("unknown", 1), START);
  assert.deepEqual(
    ["known", "ahead", "unknown"].map((name) => store.get(name)?.at),
    [START - 60_000, START, undefined],
  );
  assert.equal(store.messages, 0);
});
