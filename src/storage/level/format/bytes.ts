/*
 * What all rows are read and written with. Reading outside a row throws, so that rows of doubtful origin can be looked at.
 */

/** A whole number below 2^53 in 8 bytes. */
export function writeNumber(target: Buffer, value: number, at: number): void {
  target.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at);
  target.writeUInt32BE(value % 0x1_0000_0000, at + 4);
}

export function readNumber(source: Buffer, at: number): number {
  const value = source.readUInt32BE(at) * 0x1_0000_0000 + source.readUInt32BE(at + 4);
  if (!Number.isSafeInteger(value)) throw new RangeError("a number is larger than any that is written");
  return value;
}

/** Where `length` bytes from `start` on end, since slices would end early without a word. */
export function endWithin(source: Buffer, start: number, length: number): number {
  const end = start + length;
  if (end > source.length) throw new RangeError(`${end - source.length} bytes are missing`);
  return end;
}
