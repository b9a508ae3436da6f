import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { duration, formatDuration, formatSize, rate, size } from "../../../src/config/units.js";

const reasonOf = (result: { error?: { issues: { message: string }[] } }) => result.error?.issues[0]?.message;

describe("duration", () => {
  const written: [string | number, number][] = [
    ["1ms", 1],
    ["250ms", 250],
    ["10s", 10_000],
    ["1.5s", 1_500],
    ["5 m", 300_000],
    ["1h", 3_600_000],
    ["7d", 604_800_000],
    [42, 42],
  ];
  for (const [text, milliseconds] of written)
    test(`${text} is ${milliseconds} ms`, () => assert.equal(duration().parse(text), milliseconds));

  for (const wrong of ["", "10", "s", "10sec", "-1s", "1e3s", "10S", 1.5, Number.NaN, true, [], {}])
    test(`${JSON.stringify(wrong)} is refused with examples`, () =>
      assert.equal(reasonOf(duration().safeParse(wrong)), "a duration such as 500ms, 10s, 5m or 1h"));

  test("zero is refused unless the key gives it a meaning", () => {
    assert.equal(reasonOf(duration().safeParse("0s")), "a duration above zero");
    assert.equal(duration().safeParse(0).success, false);
    assert.equal(duration().safeParse("0.1ms").success, false);
    assert.equal(duration({ zero: true }).parse("0s"), 0);
    assert.equal(duration({ zero: true }).parse(0), 0);
  });

  test("more than a timer holds is refused", () => {
    assert.equal(duration().parse("24d"), 24 * 86_400_000);
    assert.equal(reasonOf(duration().safeParse("25d")), "a duration of at most 24d");
  });
});

describe("size", () => {
  const written: [string | number, number][] = [
    ["512B", 512],
    ["64KiB", 65_536],
    ["1.5MiB", 1_572_864],
    ["2GiB", 2_147_483_648],
    [7, 7],
  ];
  for (const [text, bytes] of written)
    test(`${text} is ${bytes} bytes`, () => assert.equal(size().parse(text), bytes));

  for (const wrong of ["1MB", "1kib", "KiB", "1 TiB", -1])
    test(`${wrong} is refused with examples`, () =>
      assert.equal(reasonOf(size().safeParse(wrong)), "a size such as 512B, 64KiB or 1MiB"));

  test("more than the key's most is refused", () =>
    assert.equal(reasonOf(size({ max: 1024 }).safeParse("2KiB")), "a size of at most 1KiB"));
});

describe("rate", () => {
  const written: [string | number, number][] = [
    ["10/s", 10],
    ["600/m", 10],
    ["0.5/s", 0.5],
    [5, 5],
  ];
  for (const [text, perSecond] of written)
    test(`${text} is ${perSecond} a second`, () => assert.equal(rate().parse(text), perSecond));

  for (const wrong of ["10", "10/d", "ten/s", true, []])
    test(`${JSON.stringify(wrong)} is refused with examples`, () =>
      assert.equal(reasonOf(rate().safeParse(wrong)), "a rate such as 10/s, 0.5/s or 600/m"));

  test("never, and faster than any client reads, are refused with the bounds", () => {
    for (const wrong of ["0/s", 0, "9999999/s"])
      assert.match(String(reasonOf(rate().safeParse(wrong))), /, from 1 a day to 1000000\/s$/);
  });
});

test("what is written out reads back as the same", () => {
  for (const value of [1, 999, 1_000, 90_000, 3_600_000, 86_400_000, 1_234_567])
    assert.equal(duration().parse(formatDuration(value)), value);
  for (const value of [1, 1_023, 1_024, 65_536, 1_048_577, 2_147_483_648])
    assert.equal(size().parse(formatSize(value)), value);
  assert.equal(formatDuration(10_000), "10s");
  assert.equal(formatSize(65_536), "64KiB");
  assert.equal(formatDuration(0), "0ms");
});
