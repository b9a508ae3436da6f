import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  decodeMessage,
  decodeSession,
  decodeWill,
  encodeMessage,
  encodeSession,
  encodeWill,
  mostBytes,
  writeMessage,
} from "../../../../src/storage/level/format/records.js";
import { MESSAGES, messageWith, TEXTS } from "../hostile.js";

describe("the record of a message", () => {
  test("gives back all that the message has", () => {
    for (const message of MESSAGES) assert.deepEqual(decodeMessage(encodeMessage(message)), message);
  });

  test("leaves the room before it that is asked for", () => {
    const message = messageWith({ properties: Buffer.from("p") });
    const record = encodeMessage(message, 7);
    assert.deepEqual(record.subarray(7), encodeMessage(message));
  });

  test("is written into a larger buffer and touches nothing around it", () => {
    for (const message of MESSAGES) {
      const target = Buffer.alloc(mostBytes(message) + 20, 0xee);
      const end = writeMessage(target, 10, message);
      assert.ok(end <= 10 + mostBytes(message));
      assert.deepEqual(target.subarray(10, end), encodeMessage(message));
      assert.deepEqual(target.subarray(0, 10), Buffer.alloc(10, 0xee));
      assert.deepEqual(target.subarray(end), Buffer.alloc(target.length - end, 0xee));
    }
  });

  test("has the documented layout", () => {
    const message = messageWith({
      topic: "\u00fc",
      payload: Buffer.from([7]),
      qos: 2,
      retain: true,
      time: 0x0102_0304_0506,
      properties: Buffer.from([8, 9]),
    });
    assert.equal(encodeMessage(message).toString("hex"), "0e0102030405060002c3bc00000002080907");
  });

  test("that ends before its payload is refused", () => {
    const message = messageWith({ properties: Buffer.from("properties"), payload: Buffer.from("payload") });
    const record = encodeMessage(message);
    const head = record.length - message.payload.length;
    for (let length = 0; length < head; length++)
      assert.throws(() => decodeMessage(record.subarray(0, length)), RangeError, `${length} bytes`);
    assert.deepEqual(decodeMessage(record.subarray(0, head)), { ...message, payload: Buffer.alloc(0) });
  });

  test("with lengths that lead outside is refused", () => {
    const record = encodeMessage(messageWith({ properties: Buffer.from("p") }));
    const topic = Buffer.from(record);
    topic.writeUInt16BE(0xffff, 7);
    assert.throws(() => decodeMessage(topic), RangeError);
    const properties = Buffer.from(record);
    properties.writeUInt32BE(0xffff_ffff, 9 + "a/b".length);
    assert.throws(() => decodeMessage(properties), RangeError);
  });

  test("is not made of what has no place in it", () => {
    assert.throws(() => encodeMessage(messageWith({ topic: "x".repeat(65_536) })), RangeError);
    assert.throws(() => encodeMessage(messageWith({ topic: "\u20ac".repeat(21_846) })), RangeError);
    assert.throws(() => encodeMessage(messageWith({ time: 2 ** 48 })), RangeError);
    assert.throws(() => encodeMessage(messageWith({ time: -1 })), RangeError);
  });
});

const OWNERS = [
  { user: "", stated: false },
  { user: "anna", stated: true },
  { user: "\u00fc".repeat(200), stated: false },
];

describe("the record of a will", () => {
  const ids = ["", "b", "\u00fc".repeat(127), "x".repeat(255)];

  test("gives back all that the will has", () => {
    for (const brokerId of ids)
      for (const message of MESSAGES) {
        const will = { ...message, brokerId, clientId: "dev1" };
        assert.deepEqual(decodeWill("dev1", encodeWill(will)), will);
        for (const owner of OWNERS)
          assert.deepEqual(decodeWill("dev1", encodeWill({ ...will, owner })), { ...will, owner });
      }
  });

  test("is the client's by its key, whatever the identifier", () => {
    for (const clientId of TEXTS) {
      const will = { ...messageWith(), brokerId: "b", clientId };
      assert.equal(decodeWill(clientId, encodeWill(will)).clientId, clientId);
    }
  });

  test("that is cut off is refused, and so is a broker's identifier that is too long", () => {
    const will = { ...messageWith({ payload: Buffer.alloc(0) }), brokerId: "broker", clientId: "dev1" };
    const record = encodeWill(will);
    for (let length = 0; length < record.length; length++)
      assert.throws(() => decodeWill("dev1", record.subarray(0, length)), RangeError, `${length} bytes`);
    assert.throws(() => encodeWill({ ...will, brokerId: "x".repeat(256) }), RangeError);
    const owned = encodeWill({ ...will, owner: { user: "anna", stated: true } });
    for (let length = 0; length < owned.length; length++)
      assert.throws(() => decodeWill("dev1", owned.subarray(0, length)), RangeError, `${length} bytes`);
  });

  test("that an earlier version wrote belongs to nobody that is known", () => {
    const message = messageWith();
    const record = Buffer.concat([Buffer.from("\x03run"), encodeMessage(message)]);
    assert.deepEqual(decodeWill("dev1", record), { ...message, brokerId: "run", clientId: "dev1" });
  });
});

describe("the record of a session", () => {
  test("tells since when its client is away, if it is, and whose it is, if that is known", () => {
    for (const awaySince of [undefined, 0, 1, 2 ** 32, 2 ** 48 - 1])
      for (const owner of [undefined, ...OWNERS]) {
        const session = { ...(awaySince === undefined ? {} : { awaySince }), ...(owner && { owner }) };
        assert.deepEqual(decodeSession(encodeSession(session)), session);
      }
  });

  test("that an earlier version wrote belongs to nobody that is known", () => {
    assert.deepEqual(decodeSession(Buffer.alloc(0)), {});
    assert.deepEqual(decodeSession(Buffer.of(0, 0, 0, 0, 1, 0)), { awaySince: 256 });
  });

  test("that is cut off is refused", () => {
    const record = encodeSession({ awaySince: 1_700_000_000_000 });
    for (let length = 1; length < record.length; length++)
      assert.throws(() => decodeSession(record.subarray(0, length)), RangeError);
  });
});
