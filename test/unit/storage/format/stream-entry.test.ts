import assert from "node:assert/strict";
import { test } from "node:test";
import { streamKey } from "../../../../src/storage/level/format/keys.js";
import { isIntact } from "../../../../src/storage/level/format/row.js";
import { decodeEntry, encodeEntry, lostEntry } from "../../../../src/storage/level/format/stream-entry.js";

const key = streamKey("s", 7);

test("an entry comes back, an empty one too, and is told from one that was lost", () => {
  for (const entry of [Buffer.alloc(0), Buffer.of(0), Buffer.of(1), Buffer.alloc(100_000, 0xff)]) {
    const value = encodeEntry(key, entry);
    assert.ok(isIntact(key, value));
    assert.deepEqual(decodeEntry(value), entry);
  }
  assert.ok(isIntact(key, lostEntry(key)));
  assert.equal(decodeEntry(lostEntry(key)), undefined);
});

test("what is neither is refused", () => {
  const value = encodeEntry(key, Buffer.from("entry"));
  for (let length = 0; length < 5; length++)
    assert.throws(() => decodeEntry(value.subarray(0, length)), RangeError);
  for (let flags = 1; flags < 256; flags++) {
    value[4] = flags;
    assert.throws(() => decodeEntry(value), RangeError);
  }
});
