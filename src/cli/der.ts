/*
 * The part of DER (X.690) that a certificate is written in: each value is a tag, a length and its content.
 */

/** Universal tags, X.690 section 8. */
const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export const sequence = (...items: Buffer[]): Buffer => encode(TAG.sequence, ...items);
export const set = (...items: Buffer[]): Buffer => encode(TAG.set, ...items);
export const utf8String = (text: string): Buffer => encode(TAG.utf8String, Buffer.from(text));
export const octetString = (content: Buffer): Buffer => encode(TAG.octetString, content);
export const isTrue = (): Buffer => encode(TAG.boolean, Buffer.of(0xff));

/** `[number]` around whole values. */
export const explicit = (number: number, ...items: Buffer[]): Buffer => encode(0xa0 | number, ...items);
/** `[number]` in place of a primitive value's own tag. */
export const implicit = (number: number, content: Buffer): Buffer => encode(0x80 | number, content);

/** A number that is not negative: a leading bit that is set would make it so. */
export function integer(content: Buffer): Buffer {
  const start = content.findIndex((byte) => byte !== 0);
  const digits = start === -1 ? Buffer.of(0) : content.subarray(start);
  return encode(TAG.integer, (digits[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
}

/** Bits, the last `unused` of which do not count. */
export function bitString(content: Buffer, unused = 0): Buffer {
  return encode(TAG.bitString, Buffer.of(unused), content);
}

/** `1.2.840.10045.4.3.2`, in base 128 with the first two numbers in one. */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  return encode(TAG.oid, ...[first * 40 + second, ...rest].map(base128));
}

/** Two digits of the year up to 2049, four from then on (RFC 5280 section 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, "").slice(0, 14);
  const short = date.getUTCFullYear() < 2050;
  return encode(
    short ? TAG.utcTime : TAG.generalizedTime,
    Buffer.from(`${short ? digits.slice(2) : digits}Z`),
  );
}

function encode(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag), length(content.length), content]);
}

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.of(bytes);
  const digits = Buffer.alloc(4);
  digits.writeUInt32BE(bytes);
  const used = digits.subarray(digits.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.of(0x80 | used.length), used]);
}

function base128(value: number): Buffer {
  const digits = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return Buffer.from(digits);
}
