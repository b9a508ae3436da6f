import assert from "node:assert/strict";
import { test } from "node:test";
import { clientKey, Kind } from "../../../../src/storage/level/format/keys.js";
import { encodeMessage } from "../../../../src/storage/level/format/records.js";
import { contentOf, isIntact, SEAL, seal, sealed } from "../../../../src/storage/level/format/row.js";
import { MESSAGES, messageWith, TEXTS } from "../hostile.js";

const key = clientKey(Kind.will, "dev1");

test("a sealed row is intact and gives its content back", () => {
  for (const message of MESSAGES) {
    const value = sealed(key, encodeMessage(message));
    assert.ok(isIntact(key, value));
    assert.deepEqual(contentOf(value), encodeMessage(message));
  }
  for (const text of TEXTS)
    assert.ok(
      isIntact(clientKey(Kind.session, text), sealed(clientKey(Kind.session, text), Buffer.alloc(0))),
    );
});

test("sealing in place and sealing a content give the same row", () => {
  const message = messageWith();
  assert.deepEqual(seal(key, encodeMessage(message, SEAL)), sealed(key, encodeMessage(message)));
});

test("every flipped bit of a key or a value is noticed", () => {
  for (const content of [encodeMessage(messageWith({ properties: Buffer.from("p") })), Buffer.alloc(0)]) {
    const value = sealed(key, content);
    for (const part of [key, value])
      for (let bit = 0; bit < part.length * 8; bit++) {
        flip(part, bit);
        assert.ok(!isIntact(key, value), `bit ${bit}`);
        flip(part, bit);
      }
    assert.ok(isIntact(key, value));
  }
});

test("a flipped bit is noticed anywhere in a large row", () => {
  const value = sealed(key, encodeMessage(messageWith({ payload: Buffer.alloc(64 * 1024) })));
  for (let bit = 3; bit < value.length * 8; bit += 9_973) {
    flip(value, bit);
    assert.ok(!isIntact(key, value), `bit ${bit}`);
    flip(value, bit);
  }
});

test("a value that is cut off, lengthened or of another key is not intact", () => {
  const value = sealed(key, encodeMessage(messageWith()));
  for (let length = 0; length < value.length; length++) assert.ok(!isIntact(key, value.subarray(0, length)));
  assert.ok(!isIntact(key, Buffer.concat([value, Buffer.alloc(1)])));
  assert.ok(!isIntact(clientKey(Kind.will, "dev2"), value));
  assert.ok(!isIntact(clientKey(Kind.session, "dev1"), value));
});

function flip(part: Buffer, bit: number): void {
  part.writeUInt8(part.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
}
