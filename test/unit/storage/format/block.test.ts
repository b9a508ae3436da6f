import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockBuilder, recordIn, recordsOf } from "../../../../src/storage/level/format/block.js";
import { blockKey } from "../../../../src/storage/level/format/keys.js";
import { decodeMessage, encodeMessage } from "../../../../src/storage/level/format/records.js";
import { isIntact } from "../../../../src/storage/level/format/row.js";
import { MESSAGES, messageWith } from "../hostile.js";

const key = blockKey(7);

function blockOf(messages: readonly ReturnType<typeof messageWith>[]) {
  const builder = new BlockBuilder(7);
  const references = messages.map((message) => builder.add(message));
  return { builder, references, value: builder.finish(key) };
}

test("a block gives each message back where its reference points", () => {
  const { references, value, builder } = blockOf(MESSAGES);
  assert.ok(isIntact(key, value));
  assert.equal(builder.bytes, value.length);
  for (const [index, message] of MESSAGES.entries()) {
    const reference = references[index];
    assert.ok(reference);
    assert.equal(reference.block, 7);
    assert.deepEqual(decodeMessage(recordIn(value, reference)), message);
  }
});

test("a block gives its records in order", () => {
  const { value } = blockOf(MESSAGES);
  assert.deepEqual(Array.from(recordsOf(value), decodeMessage), MESSAGES);
  assert.deepEqual([...recordsOf(blockOf([]).value)], []);
});

test("a block is full when it holds 64 KiB, and a large message still fits", () => {
  const builder = new BlockBuilder(1);
  let count = 0;
  for (; !builder.isFull; count++) builder.add(messageWith({ payload: Buffer.alloc(1000) }));
  assert.equal(count, Math.ceil((64 * 1024 - 4) / (4 + encodeMessage(messageWith()).length + 998)));
  const reference = builder.add(messageWith({ payload: Buffer.alloc(1024 * 1024, 3) }));
  const { payload } = decodeMessage(recordIn(builder.finish(key), reference));
  assert.deepEqual(payload, Buffer.alloc(1024 * 1024, 3));
});

test("a block that is cut off is refused, except between two records", () => {
  const { value, references } = blockOf([
    messageWith(),
    messageWith({ payload: Buffer.alloc(0) }),
    messageWith(),
  ]);
  const ends = [4, ...references.map(({ offset, length }) => offset + length)];
  for (let length = 4; length < value.length; length++)
    if (!ends.includes(length))
      assert.throws(() => [...recordsOf(value.subarray(0, length))], RangeError, `${length} bytes`);
  for (const reference of references)
    for (let length = 0; length < reference.offset + reference.length; length++)
      assert.throws(() => recordIn(value.subarray(0, length), reference), RangeError, `${length} bytes`);
});

test("a reference to anything but a whole record is refused", () => {
  const { value, references } = blockOf([messageWith(), messageWith()]);
  const [first, second] = references;
  assert.ok(first && second);
  const wrong = [
    { ...first, offset: first.offset + 1 },
    { ...first, length: first.length + 1 },
    { ...second, length: second.length - 1 },
    { ...second, offset: value.length },
    { ...second, offset: 2 ** 32 - 1 },
    { ...second, length: 2 ** 32 - 1 },
    ...[0, 1, 4, 7].map((offset) => ({ ...first, offset })),
  ];
  for (const reference of wrong) assert.throws(() => recordIn(value, reference), RangeError);
});
