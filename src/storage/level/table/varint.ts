/** 7 bits in each byte, the low ones first; all but the last have the high bit set. */
export function readVarint(bytes: Buffer, start: number): { value: number; end: number } {
  let value = 0;
  let factor = 1;
  for (let at = start; ; at++) {
    const byte = bytes.readUInt8(at);
    value += (byte & 0x7f) * factor;
    if (!Number.isSafeInteger(value)) throw new RangeError("too large a number");
    if (byte < 0x80) return { value, end: at + 1 };
    factor *= 0x80;
  }
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}
