import assert from "node:assert/strict";
import { test } from "node:test";
import { Batch } from "../../../src/outbox/batch.js";

const [a, b, c] = ["a", "bb", "ccc"].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];

test("frames are joined by newlines, in order", () => {
  const batch = Batch.empty(0x0a).with(a).with(b).with(c);
  assert.equal(batch.join().toString(), "a\nbb\nccc");
  assert.equal(batch.bytes, 8);
  assert.deepEqual(batch.frames(), [a, b, c]);
});

test("those who got the same frames share the batch and its bytes", () => {
  const start = Batch.empty();
  assert.equal(start.with(a).with(b), start.with(a).with(b));
  assert.equal(start.with(a).with(b).join(), start.with(a).with(b).join());
});

test("those who got other frames do not", () => {
  const start = Batch.empty(0x0a);
  const one = start.with(a);
  const two = start.with(b);
  const onePlus = one.with(c);
  const twoPlus = two.with(c);
  assert.deepEqual([onePlus.join().toString(), twoPlus.join().toString()], ["a\nccc", "bb\nccc"]);
  assert.deepEqual([one.join().toString(), two.join().toString()], ["a", "bb"]);
  assert.notEqual(start.with(a), start.with(Buffer.from("a")));
});

test("a single frame is not copied", () => {
  assert.equal(Batch.empty().with(b).join(), b);
});

test("without a separator frames follow each other", () => {
  const batch = Batch.empty().with(a).with(b).with(c);
  assert.equal(batch.join().toString(), "abbccc");
  assert.equal(batch.bytes, 6);
});
