import type { StoredMessage } from "../../../src/storage/store.js";

/** Identifiers and topics whose bytes look like parts of rows, and those that are as long as may be. */
export const TEXTS = [
  "",
  "dev1",
  "dev10",
  "dev1\u0000",
  "dev1/",
  "dev1\u00ff",
  "dev\u0000\u0000",
  "\u0000",
  "\u0000\u0004dev1",
  "\u007f",
  "\u00ff",
  "\uffff",
  "\u{10ffff}",
  "\u0001A\u0000/+#!:",
  "x".repeat(65_535),
  `${"x".repeat(65_534)}y`,
  "\u00fc/".repeat(21_845),
  "\u20ac".repeat(21_845),
  `${"\u{1f600}".repeat(16_383)}xyz`,
];

/** Whole numbers of up to 53 bits. */
export const NUMBERS = [
  0,
  1,
  255,
  65_535,
  65_536,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 32 + 1,
  2 ** 40 + 12_345,
  2 ** 53 - 2,
  2 ** 53 - 1,
];

export function messageWith(parts: Partial<StoredMessage> = {}): StoredMessage {
  return {
    topic: "a/b",
    payload: Buffer.from("on"),
    qos: 1,
    retain: false,
    time: 1_700_000_000_000,
    ...parts,
  };
}

/** Messages that differ in all that a message may have. */
export const MESSAGES: readonly StoredMessage[] = [
  ...TEXTS.map((topic) => messageWith({ topic })),
  ...([0, 1, 2] as const).flatMap((qos) => [true, false].map((retain) => messageWith({ qos, retain }))),
  ...[0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1].map((time) => messageWith({ time })),
  ...[0, 1, 15_000, 1024 * 1024].map((length) => messageWith({ payload: Buffer.alloc(length, 0xff) })),
  ...[0, 1, 70_000].map((length) => messageWith({ properties: Buffer.alloc(length, 0x08) })),
  messageWith({ properties: Buffer.from([0x00, 0xff]), payload: Buffer.alloc(0), qos: 2, retain: true }),
];
