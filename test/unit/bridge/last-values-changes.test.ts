import assert from "node:assert/strict";
import { test } from "node:test";
import { Counters } from "../../../src/bridge/counters.js";
import { LastValues } from "../../../src/bridge/last-values.js";
import { aValue } from "./a-value.js";

function setUp(limit: number) {
  const counters = new Counters();
  const dropped: [string, string, number][] = [];
  const values = new LastValues(limit, counters, (...drop) => dropped.push(drop));
  const set = (topic: string, payload = "1", channel = "a"): number =>
    values.set(channel, aValue(topic, payload));
  const since = (update: number, channel = "a") =>
    values.changedSince(channel, update)?.map(({ topic, value, update }) => [topic, value?.data, update]);
  return { counters, dropped, values, set, since };
}

test("every change has the next number, also a removal", () => {
  const { values, set } = setUp(10);
  assert.deepEqual(
    [set("t"), set("u"), set("t", "2"), values.clear("a", "t"), set("t", "3")],
    [1, 2, 3, 4, 5],
  );
  assert.equal(values.updates, 5);
});

test("what is not there is not removed", () => {
  const { values, set } = setUp(10);
  set("t");
  assert.equal(values.clear("a", "other"), undefined);
  assert.equal(values.clear("b", "t"), undefined);
  assert.equal(values.clear("a", "t"), 2);
  assert.equal(values.clear("a", "t"), undefined);
  assert.equal(values.updates, 2);
});

test("changes come in their order, each topic once with what it is now", () => {
  const { values, set, since } = setUp(10);
  set("t", "1");
  set("u", "1");
  set("v", "1");
  set("t", "2");
  values.clear("a", "u");
  set("w", "1", "b");
  assert.deepEqual(since(0), [
    ["v", "1", 3],
    ["t", "2", 4],
    ["u", undefined, 5],
  ]);
  assert.deepEqual(since(4), [["u", undefined, 5]]);
  assert.deepEqual(since(5), []);
  assert.deepEqual(since(5, "b"), [["w", "1", 6]]);
  assert.deepEqual(since(6), []);
  assert.equal(since(7), undefined, "nobody can have that");
});

test("a removal is among the changes until it is forgotten; then nobody from before it is told anything", () => {
  const { values, set, since, counters } = setUp(2);
  for (const topic of ["t", "u"]) set(topic);
  values.clear("a", "t"); // 3
  values.clear("a", "u"); // 4
  set("v"); // 5
  assert.deepEqual(since(2)?.length, 3);
  values.clear("a", "v"); // 6: that of t is forgotten
  assert.equal(since(2), undefined);
  assert.deepEqual(since(3), [
    ["u", undefined, 4],
    ["v", undefined, 6],
  ]);
  assert.deepEqual([counters.topics, counters.removedTopics], [0, 2]);
});

test("a topic that comes back is no removed one any more", () => {
  const { values, set, since, counters } = setUp(2);
  set("t");
  values.clear("a", "t");
  set("t", "back");
  assert.deepEqual([counters.topics, counters.removedTopics], [1, 0]);
  for (const topic of ["u", "v", "w", "x"]) set(topic);
  // t was pushed out again, and its removal is remembered as the newer of two.
  assert.deepEqual([counters.topics, counters.removedTopics], [2, 2]);
  assert.equal(since(0), undefined);
});

test("what is dropped at the bound is a removal, told before the value that needed the room", () => {
  const { set, since, dropped, counters } = setUp(2);
  set("t");
  set("u", "1", "b");
  assert.equal(set("v"), 4);
  assert.deepEqual(dropped, [["a", "t", 3]]);
  assert.deepEqual(since(2), [
    ["t", undefined, 3],
    ["v", "1", 4],
  ]);
  assert.equal(set("w"), 6);
  assert.deepEqual(dropped.at(-1), ["b", "u", 5]);
  assert.deepEqual([counters.topics, counters.removedTopics, counters.topicsDropped], [2, 2, 2]);
});

test("a bound of one works", () => {
  const { values, set, since, counters } = setUp(1);
  for (const topic of ["t", "u", "t", "u"]) set(topic, topic);
  assert.deepEqual(
    [...values.snapshot("a")].map(({ topic }) => topic),
    ["u"],
  );
  assert.deepEqual([counters.topics, counters.removedTopics], [1, 1]);
  assert.deepEqual(since(values.updates - 1), [["u", '"u"', values.updates]]);
});

test("while retained values are read, what was removed too long ago to be remembered is not brought back", () => {
  const { values, set } = setUp(2);
  values.beginSeeding();
  for (const topic of ["r1", "r2", "r3"]) values.clear("a", topic);
  assert.equal(values.seed("a", aValue("r1", "stale")), false);
  values.endSeeding();
  set("t");
  assert.deepEqual(
    [...values.snapshot("a")].map(({ topic }) => topic),
    ["t"],
  );
});

test("after it has been closed, numbers of before mean nothing", () => {
  const { values, set } = setUp(2);
  const { epoch } = values;
  set("t");
  values.close();
  assert.notEqual(values.epoch, epoch);
  assert.deepEqual(values.changedSince("a", values.updates), []);
});
