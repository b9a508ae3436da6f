import assert from "node:assert/strict";
import { test } from "node:test";
import { pageKey } from "../../../../src/storage/level/format/keys.js";
import {
  blocksOf,
  countOf,
  entriesOf,
  messageOf,
  type Reference,
} from "../../../../src/storage/level/format/page.js";
import { PageBuilder } from "../../../../src/storage/level/format/page-builder.js";
import { decodeMessage, encodeMessage } from "../../../../src/storage/level/format/records.js";
import { isIntact } from "../../../../src/storage/level/format/row.js";
import { MESSAGES, messageWith, NUMBERS } from "../hostile.js";

const key = pageKey("dev1", 1);
const SHARED: Reference = { block: 2 ** 53 - 1, offset: 2 ** 32 - 1, length: 2 ** 32 - 1 };

/** Own and shared messages in turn. */
function mixed(): PageBuilder {
  const page = new PageBuilder(1);
  page.add(messageWith(), 1, false);
  page.addReference(SHARED, 2, true);
  page.add(messageWith({ topic: "b", payload: Buffer.alloc(0) }), 2, true);
  page.addReference({ block: 1, offset: 8, length: 0 }, 1, false);
  page.addReference(SHARED, 1, false);
  return page;
}

test("a page gives back its messages with the QoS and retain of each delivery", () => {
  for (const message of MESSAGES)
    for (const [qos, retain] of [
      [1, false],
      [2, true],
    ] as const) {
      const page = new PageBuilder(1);
      const length = page.add(message, qos, retain);
      assert.equal(length, encodeMessage(message).length);
      const value = page.finish(key);
      assert.ok(isIntact(key, value));
      const [entry, ...others] = entriesOf(value);
      assert.deepEqual(others, []);
      assert.ok(entry?.record);
      assert.deepEqual(messageOf(entry, entry.record), { ...message, qos, retain });
      assert.equal(entry.length, length);
      page.recycle();
    }
});

test("own and shared messages stand in a page in their order", () => {
  const value = mixed().finish(key);
  assert.ok(isIntact(key, value));
  assert.equal(countOf(value), 5);
  const entries = entriesOf(value).map(({ record, reference, ...rest }) => ({
    ...rest,
    ...(record && { topic: decodeMessage(record).topic }),
    ...(reference && { reference }),
  }));
  assert.deepEqual(entries, [
    { qos: 1, retain: false, length: 14, topic: "a/b" },
    { qos: 2, retain: true, length: SHARED.length, reference: SHARED },
    { qos: 2, retain: true, length: 10, topic: "b" },
    { qos: 1, retain: false, length: 0, reference: { block: 1, offset: 8, length: 0 } },
    { qos: 1, retain: false, length: SHARED.length, reference: SHARED },
  ]);
});

test("a page tells each block that it refers to once", () => {
  const page = mixed();
  assert.deepEqual(page.blocks, [SHARED.block, 1]);
  assert.deepEqual(blocksOf(page.finish(key)), new Set([SHARED.block, 1]));
});

test("a page takes the next number only, until it is full", () => {
  for (const first of NUMBERS.filter((number) => number > 0 && number < 2 ** 53 - 100)) {
    const page = new PageBuilder(first);
    assert.ok(page.takes(first) && !page.takes(first + 1) && !page.takes(first - 1));
    page.add(messageWith(), 1, false);
    assert.ok(page.takes(first + 1) && !page.takes(first) && !page.takes(first + 2));
    assert.equal(page.last, first);
    page.add(messageWith({ payload: Buffer.alloc(16 * 1024) }), 1, false);
    assert.equal(page.last, first + 1);
    assert.ok(!page.takes(first + 2));
  }
});

test("a page of many messages keeps them all while its memory grows", () => {
  const page = new PageBuilder(1);
  const payloads: string[] = [];
  while (page.takes(payloads.length + 1)) {
    const payload = `${payloads.length}`.repeat(1 + (payloads.length % 50));
    page.add(messageWith({ payload: Buffer.from(payload) }), 1, false);
    payloads.push(payload);
  }
  assert.ok(payloads.length > 100);
  const value = page.finish(key);
  const got = Array.from(entriesOf(value), ({ record }) => decodeMessage(record ?? Buffer.alloc(0)).payload);
  assert.deepEqual(got.map(String), payloads);
  assert.equal(value.length, page.bytes);
});

test("memory that another page used leaves no trace in the next one", () => {
  const fill = (page: PageBuilder) => page.add(messageWith(), 1, false);
  const fresh = new PageBuilder(1);
  fill(fresh);
  const wanted = Buffer.from(fresh.finish(key));
  for (let round = 0; round < 200; round++) {
    const used = new PageBuilder(1);
    used.add(messageWith({ payload: Buffer.alloc(100 * round, 0xee) }), 2, true);
    used.finish(key);
    used.recycle();
    const page = new PageBuilder(1);
    fill(page);
    assert.deepEqual(page.finish(key), wanted);
  }
});

test("a page that is cut off anywhere is refused", () => {
  for (const build of [mixed, ownOnly]) {
    const value = build().finish(key);
    assert.ok(entriesOf(value).length > 0);
    for (let length = 0; length < value.length; length++) {
      assert.throws(() => entriesOf(value.subarray(0, length)), RangeError, `${length} bytes`);
    }
  }
  const value = mixed().finish(key);
  for (let length = 0; length < value.length; length++)
    assert.throws(() => blocksOf(value.subarray(0, length)), RangeError, `${length} bytes`);
});

test("a page that claims more than it has is refused", () => {
  const value = mixed().finish(key);
  value.writeUInt32BE(0xffff_ffff, 4);
  assert.throws(() => [...entriesOf(value)], RangeError);
  const longer = ownOnly().finish(key);
  longer.writeUInt32BE(0xffff_ffff, 9);
  assert.throws(() => [...entriesOf(longer)], RangeError);
});

function ownOnly(): PageBuilder {
  const page = new PageBuilder(1);
  for (let n = 0; n < 3; n++) page.add(messageWith(), 1, false);
  return page;
}
