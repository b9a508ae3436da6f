import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteCache } from "../../../src/storage/level/byte-cache.js";
import { randomFrom } from "./random.js";

test("what was used last is kept, as long as it fits", () => {
  const cache = new ByteCache<string, { bytes: number }>(100);
  for (const key of ["a", "b", "c"]) cache.set(key, { bytes: 30 });
  assert.ok(cache.get("a"));
  cache.set("d", { bytes: 30 });
  assert.deepEqual(
    ["a", "b", "c", "d"].map((key) => cache.get(key) !== undefined),
    [true, false, true, true],
  );
  cache.set("large", { bytes: 101 });
  assert.deepEqual(
    ["a", "c", "d", "large"].map((key) => cache.get(key)),
    [undefined, undefined, undefined, undefined],
  );
});

test("it never holds more than it may, whatever is put, replaced and deleted", () => {
  const random = randomFrom(3);
  const cache = new ByteCache<number, { bytes: number }>(1000);
  for (let step = 0; step < 5000; step++) {
    const key = random(50);
    if (random(4) === 0) cache.delete(key);
    else if (random(3) === 0) cache.get(key);
    else {
      const value = { bytes: random(300) };
      cache.set(key, value);
      assert.equal(cache.get(key), value);
    }
    const held = Array.from({ length: 50 }, (_, each) => cache.get(each)?.bytes ?? 0);
    assert.ok(held.reduce((sum, bytes) => sum + bytes) <= 1000);
  }
});
