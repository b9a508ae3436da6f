import assert from "node:assert/strict";
import { test } from "node:test";
import { Offsets } from "../../../../src/storage/level/streams/offsets.js";
import { randomFrom } from "../random.js";

test("a stream without offsets has neither first nor last", () => {
  const offsets = new Offsets();
  assert.deepEqual([offsets.count, offsets.first, offsets.last], [0, undefined, undefined]);
  assert.deepEqual(offsets.take(10), []);
});

test("offsets are taken out up to one, which need not be there", () => {
  const random = randomFrom(3);
  const offsets = new Offsets();
  let expected: number[] = [];
  let next = 0;
  for (let step = 0; step < 20_000; step++) {
    if (random(3) > 0) {
      next += random(4) === 0 ? 1 + random(5) : 0;
      offsets.push(next);
      expected.push(next++);
    } else {
      const upTo = (expected[0] ?? next) - 2 + random(12);
      assert.deepEqual(
        offsets.take(upTo),
        expected.filter((offset) => offset <= upTo),
      );
      expected = expected.filter((offset) => offset > upTo);
    }
    assert.deepEqual(
      [offsets.count, offsets.first, offsets.last],
      [expected.length, expected[0], expected.at(-1)],
    );
  }
});
