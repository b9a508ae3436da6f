import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeState, encodeState } from "../../../../src/storage/level/format/state.js";
import type { Unacknowledged } from "../../../../src/storage/store.js";
import { NUMBERS } from "../hostile.js";
import { randomFrom } from "../random.js";

const owed = (first: number, count: number, released = false): Unacknowledged[] =>
  Array.from({ length: count }, (_, index) => ({ sequence: first + index, released }));

test("a state comes back as it was", () => {
  const random = randomFrom(1);
  for (const passed of NUMBERS) {
    assert.deepEqual(decodeState(encodeState({ passed, unacknowledged: [] })), {
      passed,
      unacknowledged: [],
    });
    for (let round = 0; round < 50; round++) {
      const unacknowledged: Unacknowledged[] = [];
      let sequence = passed;
      for (let n = random(100); n > 0 && sequence > 100; n--) {
        sequence -= 1 + (random(4) === 0 ? random(100) : 0);
        unacknowledged.unshift({ sequence, released: random(5) === 0 });
      }
      assert.deepEqual(decodeState(encodeState({ passed, unacknowledged })), { passed, unacknowledged });
    }
  }
});

test("a whole window in order is one run", () => {
  const window = owed(2 ** 32 - 100, 65_535);
  const value = encodeState({ passed: 2 ** 40, unacknowledged: window });
  assert.equal(value.length, 4 + 8 + 13);
  assert.deepEqual(decodeState(value).unacknowledged, window);
});

test("a state that is cut off is refused", () => {
  const value = encodeState({
    passed: 50,
    unacknowledged: [...owed(1, 3), ...owed(4, 2, true), ...owed(9, 1)],
  });
  const runs = [12, 25, 38, 51];
  assert.equal(value.length, runs.at(-1));
  for (let length = 0; length < value.length; length++)
    if (!runs.includes(length))
      assert.throws(() => decodeState(value.subarray(0, length)), RangeError, `${length} bytes`);
});

test("a state that tells of more messages than can be under way is refused", () => {
  const value = encodeState({ passed: 9, unacknowledged: owed(1, 2) });
  for (const count of [65_536, 2 ** 31, 2 ** 32 - 1]) {
    value.writeUInt32BE(count, 20);
    assert.throws(() => decodeState(value), RangeError);
  }
});
