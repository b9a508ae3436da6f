import assert from "node:assert/strict";
import { test } from "node:test";
import { Counters } from "../../../src/bridge/counters.js";
import { LastValues } from "../../../src/bridge/last-values.js";
import { Value } from "../../../src/bridge/value.js";

function value(topic: string, payload: string): Value {
  return new Value({ topic, payload: Buffer.from(payload), qos: 0, retain: false }, 1);
}

function store(limit: number): {
  values: LastValues;
  counters: Counters;
  all: (channel: string) => [string, string][];
} {
  const counters = new Counters();
  const values = new LastValues(limit, counters, () => {});
  return {
    values,
    counters,
    all: (channel) => [...values.snapshot(channel)].map(({ topic, data }) => [topic, data]),
  };
}

test("the bound holds over all channels of a store", () => {
  const { values, counters, all } = store(3);
  values.set("a", value("t1", "1"));
  values.set("b", value("t2", "2"));
  values.set("a", value("t3", "3"));
  values.set("a", value("t1", "4"));
  values.set("c", value("t4", "5"));
  assert.deepEqual(
    [all("a"), all("b"), all("c")],
    [
      [
        ["t1", "4"],
        ["t3", "3"],
      ],
      [],
      [["t4", "5"]],
    ],
  );
  assert.deepEqual([counters.topics, counters.topicsDropped], [3, 1]);
});

test("a snapshot that is read slowly leaves out what is updated meanwhile", () => {
  const { values } = store(10);
  for (const n of [1, 2, 3, 4]) values.set("a", value(`t${n}`, String(n)));
  const snapshot = values.snapshot("a")[Symbol.iterator]();
  values.set("a", value("t1", "changed before the first was read"));
  assert.equal(snapshot.next().value?.topic, "t2");
  values.set("a", value("t4", "changed"));
  values.set("a", value("t5", "new"));
  values.clear("a", "t3");
  assert.equal(snapshot.next().done, true);
});

test("retained values do not replace live ones, nor bring back cleared ones", () => {
  const { values, all, counters } = store(10);
  values.beginSeeding();
  values.set("a", value("live", "1"));
  values.set("a", value("cleared", "1"));
  values.clear("a", "cleared");
  values.clear("a", "never seen");
  values.clear("a", "back again");
  values.set("a", value("back again", "2"));
  for (const topic of ["live", "cleared", "never seen", "back again", "old"])
    values.seed("a", value(topic, "0"));
  values.endSeeding();
  assert.deepEqual(all("a"), [
    ["live", "1"],
    ["back again", "2"],
    ["old", "0"],
  ]);
  assert.equal(counters.topics, 3);
});

test("retained values beyond the bound push out nothing", () => {
  const { values, all, counters } = store(2);
  values.beginSeeding();
  values.set("a", value("live", "1"));
  assert.deepEqual([values.seed("a", value("t1", "0")), values.seed("a", value("t2", "0"))], [true, false]);
  values.endSeeding();
  assert.deepEqual(all("a"), [
    ["live", "1"],
    ["t1", "0"],
  ]);
  assert.deepEqual([counters.topics, counters.topicsDropped], [2, 1]);
});

test("a closed store is empty and can be used again", () => {
  const { values, all, counters } = store(2);
  for (const topic of ["1", "2"]) values.set("a", value(topic, "1"));
  values.close();
  assert.deepEqual([all("a"), counters.topics], [[], 0]);
  for (const topic of ["3", "4", "5"]) values.set("a", value(topic, "1"));
  assert.deepEqual(
    [all("a"), counters.topics, counters.topicsDropped],
    [
      [
        ["4", "1"],
        ["5", "1"],
      ],
      2,
      1,
    ],
  );
});

test("a kept value does not hold on to the buffer it came in", () => {
  const chunk = Buffer.from("....\u00e9{}....", "utf8");
  const kept = new Value({ topic: "t", payload: chunk.subarray(4, 6), qos: 0, retain: false }, 1);
  kept.keep();
  chunk.fill(0);
  assert.equal(kept.data, '"\u00e9"');
});
