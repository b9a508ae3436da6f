import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../../src/bridge/history.js";
import { aValue } from "./a-value.js";

function filled(count: number): History {
  const history = new History();
  for (let n = 1; n <= count; n++) history.add(aValue("t", String(n), n));
  return history;
}

function held(history: History): [number, string | undefined][] {
  return Array.from({ length: history.size }, (_, i) => history.first + i).map((offset) => [
    offset,
    history.at(offset)?.data,
  ]);
}

test("offsets are consecutive from 1, and each gives its publication", () => {
  const history = new History();
  assert.deepEqual([history.offset, history.first, history.size, history.oldestTime], [0, 1, 0, undefined]);
  assert.deepEqual([history.add(aValue("t", "a")), history.add(aValue("t", "b"))], [1, 2]);
  assert.deepEqual(held(history), [
    [1, '"a"'],
    [2, '"b"'],
  ]);
  assert.deepEqual([history.at(0), history.at(3), history.at(-1)], [undefined, undefined, undefined]);
});

test("what is removed is gone, and nothing else, however much is removed", () => {
  const history = filled(1_000);
  for (let removed = 1; removed <= 1_000; removed++) {
    history.removeOldest();
    assert.equal(history.at(removed), undefined);
    assert.equal(history.at(removed + 1)?.data, removed < 1_000 ? String(removed + 1) : undefined);
    assert.equal(history.at(1_000)?.data, removed < 1_000 ? "1000" : undefined);
    assert.deepEqual([history.first, history.size, history.offset], [removed + 1, 1_000 - removed, 1_000]);
  }
  history.removeOldest();
  assert.deepEqual([history.size, history.bytes, history.offset], [0, 0, 1_000]);
  assert.equal(history.add(aValue("t", "next")), 1_001);
  assert.equal(history.at(1_001)?.data, '"next"');
});

test("it counts the bytes of what it holds", () => {
  const history = new History();
  const values = ["1", "22", "333"].map((payload) => aValue("t", payload));
  for (const value of values) history.add(value);
  assert.equal(
    history.bytes,
    values.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  history.removeOldest();
  assert.equal(history.bytes, (values[1]?.bytes ?? 0) + (values[2]?.bytes ?? 0));
});

test("it knows the positions after which it holds everything, and no other", () => {
  const history = filled(5);
  history.removeOldest();
  history.removeOldest();
  const { epoch } = history.position;
  assert.deepEqual(
    [0, 1, 2, 3, 5, 6].map((offset) => history.knows({ epoch, offset })),
    [false, false, true, true, true, false],
  );
  assert.equal(history.knows({ epoch: "another", offset: 3 }), false);
  assert.equal(history.knows({ epoch: "", offset: 3 }), false);
});

test("an empty history knows its own position", () => {
  const history = filled(3);
  for (let i = 0; i < 3; i++) history.removeOldest();
  const { epoch } = history.position;
  assert.deepEqual(
    [2, 3, 4].map((offset) => history.knows({ epoch, offset })),
    [false, true, false],
  );
});

test("begun anew it knows no position of before, not even those that come again", () => {
  const history = filled(3);
  const before = history.position;
  history.reset();
  assert.deepEqual([history.size, history.bytes, history.offset, history.first], [0, 0, 0, 1]);
  for (let n = 1; n <= 5; n++) history.add(aValue("t", String(n)));
  assert.equal(history.knows(before), false);
  assert.equal(history.knows({ ...before, offset: 0 }), false);
  assert.equal(history.at(1)?.data, "1");
});

test("it goes on from a position that it is given", () => {
  const history = new History({ epoch: "e", offset: 41 });
  assert.deepEqual([history.first, history.knows({ epoch: "e", offset: 41 })], [42, true]);
  assert.equal(history.knows({ epoch: "e", offset: 40 }), false);
  assert.equal(history.add(aValue("t", "1")), 42);
});
