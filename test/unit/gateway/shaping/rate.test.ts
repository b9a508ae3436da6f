import assert from "node:assert/strict";
import { test } from "node:test";
import { formatRate, parseRate } from "../../../../src/gateway/shaping/rate.js";

const rates: [unknown, number | undefined][] = [
  ["10/s", 10],
  ["0.5/s", 0.5],
  ["600/m", 10],
  ["600 / m", 10],
  ["1/h", 1 / 3_600],
  ["24/h", 24 / 3_600],
  [5, 5],
  [0.25, 0.25],
  [0, undefined],
  [-1, undefined],
  ["0/s", undefined],
  ["10", undefined],
  ["10/d", undefined],
  ["/s", undefined],
  ["10/s ", undefined],
  ["1e3/s", undefined],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, undefined],
  [1_000_001, undefined],
  ["9999999/s", undefined],
  [1e-9, undefined],
  [true, undefined],
  [null, undefined],
  [[10], undefined],
  [{}, undefined],
];

for (const [written, rate] of rates)
  test(`${typeof written === "string" ? `"${written}"` : String(written)} is ${rate === undefined ? "no rate" : `${rate} a second`}`, () =>
    assert.equal(parseRate(written), rate));

test("a rate is written in the unit that makes it whole, and read back as the same", () => {
  for (const written of ["10/s", "1/m", "7/h", "0.7/s", "90/m", "1000000/s"]) {
    const rate = parseRate(written) ?? 0;
    assert.equal(parseRate(formatRate(rate)), rate);
  }
  assert.deepEqual([10, 1 / 60, 7 / 3_600, 1 / 7].map(formatRate), ["10/s", "1/m", "7/h", `${1 / 7}/s`]);
});
