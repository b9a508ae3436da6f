import assert from "node:assert/strict";
import { test } from "node:test";
import { globMatches } from "../../../../src/http/api/glob.js";
import { cursorAfter, firstKeys, fromCursor } from "../../../../src/http/api/listing.js";

test("pages of any size give every key once and in order, whatever order they come in", async () => {
  const sorted = Array.from({ length: 500 }, (_, i) => `key ${String(i).padStart(3, "0")}`);
  const orders = [sorted, sorted.toReversed(), sorted.map((_, i) => sorted[(i * 263) % 500] as string)];
  for (const keys of orders)
    for (const limit of [1, 7, 499, 500, 1_000]) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await firstKeys(keys, { limit, after: fromCursor(cursor) });
        assert.ok(page.keys.length <= limit);
        seen.push(...page.keys);
        ({ cursor } = cursorAfter(page));
      } while (cursor !== undefined);
      assert.deepEqual(seen, sorted);
    }
});

test("keys that do not fit take no place in a page, and one that comes twice is one", async () => {
  const page = await firstKeys(["c", "b", "a", "b"], { limit: 2, fits: (key) => key !== "a" });
  assert.deepEqual(page, { keys: ["b", "c"], more: false });
});

test("others have their turn while very many keys are gone through", async () => {
  let turns = 0;
  const counter = setInterval(() => turns++, 0);
  await firstKeys(
    Array.from({ length: 100_000 }, (_, i) => String(i)),
    { limit: 1 },
  );
  clearInterval(counter);
  assert.ok(turns > 0);
});

test("a list that changes while it is gone through gives what stays", async () => {
  const keys = new Map(Array.from({ length: 20_000 }, (_, i) => [String(i).padStart(5, "0"), i]));
  const reading = firstKeys(keys.keys(), { limit: 3 });
  for (let i = 1; i < 20_000; i += 2) keys.delete(String(i).padStart(5, "0"));
  const page = await reading;
  for (const key of ["00000", "00002"]) assert.ok(page.keys.includes(key));
});

const globs: [string, string, boolean][] = [
  ["", "", true],
  ["", "a", false],
  ["*", "", true],
  ["*", "anything", true],
  ["a*", "a", true],
  ["a*", "ba", false],
  ["*a", "a", true],
  ["a*a", "a", false],
  ["a*a", "aa", true],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["ab*ba", "aba", false],
  ["**", "x", true],
  ["device:*:status", "device:7:status", true],
  ["a.c", "abc", false],
];
for (const [pattern, text, matches] of globs)
  test(`${JSON.stringify(pattern)} ${matches ? "matches" : "does not match"} ${JSON.stringify(text)}`, () =>
    assert.equal(globMatches(pattern, text), matches));
