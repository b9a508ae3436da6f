import assert from "node:assert/strict";
import { test } from "node:test";
import { fossilDelta } from "../../../../src/gateway/delta/fossil.js";
import { Random } from "../../../model/random.js";
import { decoder } from "../support/decoder.js";

/** Checks that the reference client makes `next` of `base`. Gives the delta. */
function check(base: string, next: string): string {
  const wrap = (text: string): string => JSON.stringify(text);
  const delta = fossilDelta(Buffer.from(wrap(base)), Buffer.from(wrap(next)));
  const { newData } = decoder.applyDeltaIfNeeded({ data: delta, delta: true }, Buffer.from(wrap(base)));
  assert.equal(newData, next);
  return delta;
}

/** Also characters of which only the first byte differs, or only the last. */
const ALPHABET = ["a", "b", "c", " ", "ü", "ļ", "€", "₪", "Ŭ", "😀", "\n", '"', "0"];

function words(below: (n: number) => number, length: number, letters: number): string {
  return Array.from({ length: below(length) }, () => ALPHABET[below(letters)]).join("");
}

function edit(below: (n: number) => number, text: string): string {
  const characters = [...text];
  for (let edits = below(5); edits > 0; edits--)
    characters.splice(below(characters.length + 1), below(8), ...words(below, 9, ALPHABET.length));
  return characters.join("");
}

test("whatever was changed, the client gets it, and no character is cut in two", () => {
  for (let seed = 1; seed <= 3_000; seed++) {
    const random = new Random(seed);
    const below = (n: number): number => random.between(0, n - 1);
    const base = words(below, 80, 1 + below(ALPHABET.length));
    check(base, edit(below, base));
    check(base, words(below, 80, 3));
  }
});

test("a small change of a large text is small", () => {
  const items = Array.from({ length: 300 }, (_, n) => ({ id: `device-${n}`, name: `Fühler ${n}`, value: n }));
  const base = JSON.stringify(items);
  const next = JSON.stringify(items.map((item) => (item.id === "device-77" ? { ...item, value: -1 } : item)));
  const delta = check(base, next);
  assert.ok(delta.length < 50, delta);
  assert.ok(check(base, base).length < 30);
  assert.ok(check(base, JSON.stringify([...items, "new"])).length < 40, "what was added");
});

test("a window over samples that has moved on is small", () => {
  const window = (from: number): string =>
    JSON.stringify(
      Array.from({ length: 60 }, (_, n) => ({ t: 1_767_225_600 + from + n, v: (from + n) % 37 })),
    );
  const delta = check(window(0), window(1));
  assert.ok(delta.length < 60, delta);
});

test("a few digits of a small value are small", () => {
  const value = (c: number, time: number): string =>
    JSON.stringify({ device: "sensor-17", temperature: c, humidity: 40, time, ok: true });
  const delta = check(value(21.5, 1_767_225_600_000), value(21.6, 1_767_225_601_000));
  assert.ok(delta.length < value(0, 0).length, delta);
});

for (const [base, next] of [
  ["", ""],
  ["", "a"],
  ["a", ""],
  ["12345678", "12345678"],
  ["x".repeat(1_000), "x".repeat(1_001)],
  ["x".repeat(70_000), `${"x".repeat(35_000)}y${"x".repeat(35_000)}`],
  ["€".repeat(100), "‚".repeat(100)],
] as const)
  test(`from ${base.length} to ${next.length} characters`, () => void check(base, next));
