import assert from "node:assert/strict";
import { test } from "node:test";
import { Counters } from "../../../src/bridge/counters.js";
import { Histories, type HistoryLimits } from "../../../src/bridge/histories.js";
import { aValue } from "./a-value.js";

function setUp(limits: Partial<HistoryLimits> = {}) {
  const counters = new Counters();
  const histories = new Histories({ size: 100, ttl: 1_000, bytes: 1024 ** 2, ...limits }, counters);
  const add = (channel: string, payload: string, time?: number): number =>
    histories.add(channel, aValue("t", payload, time));
  const dataOf = (channel: string): unknown[] => {
    const history = histories.of(channel);
    return Array.from({ length: history.size }, (_, i) => history.at(history.first + i)?.data);
  };
  return { counters, histories, add, dataOf };
}

test("each channel has offsets of its own", () => {
  const { add, dataOf, counters } = setUp();
  assert.deepEqual([add("a", "1"), add("b", "2"), add("a", "3")], [1, 1, 2]);
  assert.deepEqual([dataOf("a"), dataOf("b"), counters.historyPublications], [["1", "3"], ["2"], 3]);
});

test("a channel keeps its newest publications, as many as its rule says", () => {
  const { add, dataOf, histories, counters } = setUp({ size: 2 });
  for (const n of [1, 2, 3, 4]) add("a", String(n));
  assert.deepEqual([dataOf("a"), histories.of("a").offset], [["3", "4"], 4]);
  assert.deepEqual([counters.historyPublications, counters.historyDropped], [2, 0]);
});

test("what is older than the rule says is swept out, and its positions with it", () => {
  const { add, dataOf, histories, counters } = setUp({ ttl: 1_000 });
  add("a", "1", 5_000);
  add("a", "2", 5_500);
  add("b", "3", 5_000);
  const { epoch } = histories.of("a").position;
  histories.sweep(6_000);
  assert.deepEqual([dataOf("a"), dataOf("b")], [["1", "2"], ["3"]], "nothing is over it yet");
  histories.sweep(6_001);
  histories.sweep(6_001);
  assert.deepEqual([dataOf("a"), dataOf("b")], [["2"], []]);
  assert.deepEqual(
    [0, 1, 2].map((offset) => histories.of("a").knows({ epoch, offset })),
    [false, true, true],
  );
  assert.equal(counters.historyPublications, 1);
});

test("a sweep reaches every channel in its turn, however many there are", () => {
  const { add, histories, counters } = setUp({ bytes: 1024 ** 3 });
  for (let n = 0; n < 5_000; n++) add(`c${n}`, "1", 1);
  let sweeps = 0;
  while (counters.historyPublications > 0 && sweeps < 10) {
    histories.sweep(10_000);
    sweeps++;
  }
  assert.equal(counters.historyPublications, 0);
  assert.ok(sweeps > 1, "one sweep does not look at all of them");
});

test("at the bound the channel that was published to longest ago loses its history, and whoever reads it notices", () => {
  const payload = "x".repeat(1_000);
  const { add, dataOf, histories, counters } = setUp({ bytes: 8_500 });
  add("old", payload);
  const reading = histories.of("old");
  const { epoch } = reading.position;
  for (const channel of ["a", "b", "c", "d"]) add(channel, payload);
  assert.equal(reading.knows({ epoch, offset: 0 }), true, "there was room until now");
  add("a", payload);
  add("a", payload);
  assert.equal(reading.knows({ epoch, offset: 0 }), false);
  assert.equal(reading.knows({ epoch, offset: 1 }), false);
  assert.equal(reading.at(1), undefined);
  assert.deepEqual([dataOf("old"), dataOf("a").length], [[], 3]);
  assert.equal(add("old", "again"), 1, "it begins anew");
  assert.equal(histories.of("old").knows({ epoch, offset: 1 }), false);
  assert.ok(counters.historyDropped >= 1);
  assert.ok(counters.historyBytes <= 8_500, `${counters.historyBytes} bytes`);
});

test("a single channel at the bound loses its oldest publications", () => {
  const { add, dataOf, counters, histories } = setUp({ bytes: 5_000 });
  for (let n = 1; n <= 10; n++) add("a", `${n}`.padEnd(1_000, "x"));
  const kept = dataOf("a").length;
  assert.ok(kept >= 2 && kept < 10, `${kept} are kept`);
  assert.deepEqual([counters.historyDropped, counters.historyPublications], [10 - kept, kept]);
  assert.equal(histories.of("a").offset, 10);
});

test("a publication over the bound by itself is kept alone", () => {
  const { add, dataOf } = setUp({ bytes: 500 });
  add("a", "1");
  add("b", "x".repeat(2_000));
  add("b", "y".repeat(2_000));
  assert.deepEqual([dataOf("a").length, dataOf("b")], [0, [`"${"y".repeat(2_000)}"`]]);
});

test("what was begun for a listener alone is not kept when it leaves, and nobody notices", () => {
  const { histories, add, counters } = setUp();
  const { epoch } = histories.of("quiet").position;
  histories.leave("quiet");
  assert.equal(counters.historyBytes, 0);
  assert.equal(histories.of("quiet").knows({ epoch, offset: 0 }), true, "nothing was missed");
  histories.leave("quiet");
  add("quiet", "1");
  assert.equal(histories.of("quiet").knows({ epoch, offset: 0 }), true, "all that was missed is there");
  histories.leave("quiet");
  assert.equal(histories.of("quiet").size, 1, "what was published stays");
});

test("a position in an empty history is of no use once publications have been given up", () => {
  const { histories, add } = setUp({ bytes: 3_000 });
  const { epoch } = histories.of("a").position;
  histories.leave("a");
  add("a", "x".repeat(1_000));
  for (const channel of ["b", "c", "d"]) add(channel, "x".repeat(1_000));
  assert.equal(histories.of("a").knows({ epoch, offset: 0 }), false);
});

test("closed, it holds nothing and knows no position of before", () => {
  const { histories, add, counters } = setUp();
  add("a", "1");
  const { position } = histories.of("a");
  const quiet = histories.of("quiet").position;
  histories.close();
  assert.deepEqual([counters.historyBytes, counters.historyPublications], [0, 0]);
  assert.equal(histories.of("a").knows(position), false);
  assert.equal(histories.of("quiet").knows(quiet), false, "who knows what came meanwhile");
});

test("the counters are right after anything", () => {
  const { histories, add, counters } = setUp({ size: 7, bytes: 20_000, ttl: 50 });
  const channels = Array.from({ length: 12 }, (_, i) => `c${i}`);
  for (let n = 0; n < 3_000; n++) {
    const channel = channels[(n * 7919) % 12] ?? "";
    if (n % 11 === 0) histories.leave(channel);
    else if (n % 13 === 0) histories.sweep(n);
    else add(channel, "x".repeat((n * 31) % 900), n);
  }
  const held = channels.map((channel) => histories.of(channel));
  assert.equal(
    counters.historyPublications,
    held.reduce((sum, { size }) => sum + size, 0),
  );
  assert.equal(
    counters.historyBytes,
    held.reduce((sum, { bytes }) => sum + bytes + 400, 0),
  );
});
