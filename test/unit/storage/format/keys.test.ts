import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readNumber, writeNumber } from "../../../../src/storage/level/format/bytes.js";
import {
  blockKey,
  clientKey,
  clientRange,
  incomingKey,
  Kind,
  kindRange,
  pageKey,
  type Range,
  readClientKey,
  streamKey,
  subscriptionKey,
  successor,
} from "../../../../src/storage/level/format/keys.js";
import { NUMBERS, TEXTS } from "../hostile.js";

const PACKET_IDS = [0, 1, 255, 256, 65_535];

/** All keys of a kind that a client can have, as far as these tests go. */
const KEYS_OF: [kind: Kind, keys: (clientId: string) => Buffer[]][] = [
  [Kind.session, (id) => [clientKey(Kind.session, id)]],
  [Kind.will, (id) => [clientKey(Kind.will, id)]],
  [Kind.state, (id) => [clientKey(Kind.state, id)]],
  [Kind.subscription, (id) => TEXTS.map((filter) => subscriptionKey(id, filter))],
  [Kind.page, (id) => NUMBERS.map((sequence) => pageKey(id, sequence))],
  [Kind.stream, (name) => NUMBERS.map((offset) => streamKey(name, offset))],
  [Kind.incoming, (id) => PACKET_IDS.map((packetId) => incomingKey(id, packetId))],
];

const holds = ({ gte, lt }: Range, key: Buffer) => key.compare(gte) >= 0 && key.compare(lt) < 0;

describe("keys of a client", () => {
  test("give back its identifier and what follows", () => {
    for (const clientId of TEXTS) {
      assert.deepEqual(readClientKey(clientKey(Kind.will, clientId)), { clientId, suffix: Buffer.alloc(0) });
      for (const filter of TEXTS)
        assert.deepEqual(readClientKey(subscriptionKey(clientId, filter)), {
          clientId,
          suffix: Buffer.from(filter),
        });
      for (const sequence of NUMBERS) {
        const { suffix, ...rest } = readClientKey(pageKey(clientId, sequence));
        assert.deepEqual([rest.clientId, suffix.length, readNumber(suffix, 0)], [clientId, 8, sequence]);
      }
      for (const packetId of PACKET_IDS)
        assert.equal(readClientKey(incomingKey(clientId, packetId)).suffix.readUInt16BE(0), packetId);
    }
  });

  test("are in its range, and in that of no other client or kind", () => {
    for (const [kind, keysOf] of KEYS_OF)
      for (const owner of TEXTS)
        for (const key of keysOf(owner)) {
          for (const other of TEXTS)
            assert.equal(holds(clientRange(kind, other), key), other === owner, `kind ${kind}`);
          for (const [otherKind] of KEYS_OF) {
            assert.equal(holds(kindRange(otherKind), key), otherKind === kind);
            assert.equal(holds(clientRange(otherKind, owner), key), otherKind === kind);
          }
        }
  });

  test("of pages sort by client, then by number", () => {
    const [low, high] = ["dev1", "dev10"].map((id) => NUMBERS.map((sequence) => pageKey(id, sequence)));
    const wanted = [...(low ?? []), ...(high ?? [])];
    assert.deepEqual(wanted.toReversed().sort(Buffer.compare), wanted);
  });

  test("that are cut off are refused", () => {
    const key = clientKey(Kind.session, "dev1");
    for (let length = 0; length < key.length; length++)
      assert.throws(() => readClientKey(key.subarray(0, length)), RangeError, `${length} bytes`);
    const { suffix } = readClientKey(pageKey("dev1", 7).subarray(0, -1));
    assert.throws(() => readNumber(suffix, 0), RangeError);
  });

  test("are not made of identifiers that are too long", () => {
    assert.throws(() => clientKey(Kind.session, "x".repeat(65_536)), RangeError);
    assert.throws(() => pageKey("\u20ac".repeat(21_846), 1), RangeError);
  });
});

describe("keys of blocks", () => {
  test("sort by number and give it back", () => {
    const keys = NUMBERS.map(blockKey);
    assert.deepEqual(keys.toReversed().sort(Buffer.compare), keys);
    assert.deepEqual(
      keys.map((key) => readNumber(key, 1)),
      NUMBERS,
    );
    for (const key of keys) assert.ok(holds(kindRange(Kind.block), key));
  });
});

describe("numbers", () => {
  test("come back, next to others", () => {
    const target = Buffer.alloc(8 * NUMBERS.length);
    for (const [index, number] of NUMBERS.entries()) writeNumber(target, number, index * 8);
    for (const [index, number] of NUMBERS.entries()) assert.equal(readNumber(target, index * 8), number);
  });

  test("are refused when they are larger than can be counted with", () => {
    const target = Buffer.alloc(8);
    for (const head of [0x0020_0000, 0x8000_0000, 0xffff_ffff]) {
      target.writeUInt32BE(head, 0);
      assert.throws(() => readNumber(target, 0), RangeError);
    }
    assert.throws(() => writeNumber(target, -1, 0), RangeError);
    assert.throws(() => writeNumber(target, 2 ** 64, 0), RangeError);
  });
});

test("the successor of a prefix is the first key past all that begin with it", () => {
  for (const prefix of ["40", "4000", "40ff", "40ffff", "40feff", "00ff"].map((hex) =>
    Buffer.from(hex, "hex"),
  )) {
    const next = successor(prefix);
    for (const more of ["", "00", "ff", "ffffffffff"])
      assert.ok(Buffer.concat([prefix, Buffer.from(more, "hex")]).compare(next) < 0);
    const before = Buffer.from(next);
    before.writeUInt8(before.readUInt8(before.length - 1) - 1, before.length - 1);
    assert.ok(before.compare(prefix) <= 0 || before.equals(prefix.subarray(0, before.length)));
  }
});
