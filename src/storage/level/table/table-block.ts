import { crc32c } from "../crc32c.js";
import { uncompress } from "./snappy.js";
import { readVarint, varint } from "./varint.js";

/*
 * A table of LevelDB is made of blocks: content, type(1), checksum(4) over both. Type 1: the content is compressed. The content
 * is entries, each: shared, unshared and value's length as varints, the unshared end of the key, value; `shared` bytes of the
 * key are those of the entry before. At its end are the places where nothing is shared, 4 bytes each, and their number(4).
 * The keys of rows end in 8 bytes with number and kind of the write.
 */

export const TRAILER = 5;

export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Where a block's content stands in the file. */
export interface Handle {
  readonly offset: number;
  readonly size: number;
}

export function isWhole(file: Buffer, { offset, size }: Handle): boolean {
  const end = offset + size;
  return end + TRAILER <= file.length && file.readUInt32LE(end + 1) === masked(crc32c(file, offset, end + 1));
}

/** The entries of a whole block. @throws {RangeError} when it is none of entries. */
export function entriesIn(file: Buffer, { offset, size }: Handle): Entry[] {
  const stored = file.subarray(offset, offset + size);
  const content = file[offset + size] === 1 ? uncompress(stored) : stored;
  const end = content.length - 4 - 4 * content.readUInt32LE(content.length - 4);
  if (end < 0) throw new RangeError("no room for entries");
  const entries: Entry[] = [];
  let key: Buffer = Buffer.alloc(0);
  for (let at = 0; at < end; ) {
    const shared = readVarint(content, at);
    const unshared = readVarint(content, shared.end);
    const length = readVarint(content, unshared.end);
    const keyEnd = length.end + unshared.value;
    at = keyEnd + length.value;
    if (shared.value > key.length || at > end) throw new RangeError("beyond the end");
    key = Buffer.concat([key.subarray(0, shared.value), content.subarray(length.end, keyEnd)]);
    entries.push({ key, value: content.subarray(keyEnd, at) });
  }
  return entries;
}

/** A block that shares and compresses nothing. */
export function blockOf(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = [];
  const starts: number[] = [];
  let length = 0;
  for (const { key, value } of entries) {
    starts.push(length);
    const entry = Buffer.concat([varint(0), varint(key.length), varint(value.length), key, value]);
    parts.push(entry);
    length += entry.length;
  }
  if (starts.length === 0) starts.push(0);
  const tail = Buffer.alloc(4 * starts.length + 4 + TRAILER);
  for (const [index, start] of starts.entries()) tail.writeUInt32LE(start, 4 * index);
  tail.writeUInt32LE(starts.length, 4 * starts.length);
  const block = Buffer.concat([...parts, tail]);
  block.writeUInt32LE(masked(crc32c(block, 0, block.length - 4)), block.length - 4);
  return block;
}

/** LevelDB stores checksums turned and shifted. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
