import { readVarint } from "./varint.js";

/*
 * Snappy: the length of the result as a varint, then elements. The two low bits of an element's first byte tell what it is:
 * bytes as they are (0), or a copy of what came before, whose distance takes the element's further 1, 2 or 4 bytes.
 */

/** @throws {RangeError} when the bytes are not what Snappy makes. */
export function uncompress(bytes: Buffer): Buffer {
  const { value: length, end } = readVarint(bytes, 0);
  // No element of 3 bytes gives more than 64.
  if (length > bytes.length * 64) throw new RangeError("too long");
  const result = Buffer.alloc(length);
  let written = 0;
  for (let at = end; at < bytes.length; ) {
    const tag = bytes.readUInt8(at++);
    if ((tag & 3) === 0) {
      const size = literalSize(bytes, tag, at);
      at += size.bytes;
      if (at + size.length > bytes.length || written + size.length > length)
        throw new RangeError("beyond the end");
      written += bytes.copy(result, written, at, at + size.length);
      at += size.length;
    } else {
      const copied = copyOf(bytes, tag, at);
      at += copied.bytes;
      repeat(result, written, copied);
      written += copied.length;
    }
  }
  if (written !== length) throw new RangeError("too short");
  return result;
}

interface Copied {
  readonly length: number;
  readonly distance: number;
  /** Of the element after its first. */
  readonly bytes: number;
}

function literalSize(bytes: Buffer, tag: number, at: number): { length: number; bytes: number } {
  const short = tag >> 2;
  if (short < 60) return { length: short + 1, bytes: 0 };
  const size = short - 59;
  return { length: bytes.readUIntLE(at, size) + 1, bytes: size };
}

function copyOf(bytes: Buffer, tag: number, at: number): Copied {
  if ((tag & 3) === 1)
    return { length: 4 + ((tag >> 2) & 7), distance: ((tag >> 5) << 8) | bytes.readUInt8(at), bytes: 1 };
  const size = (tag & 3) === 2 ? 2 : 4;
  return { length: (tag >> 2) + 1, distance: bytes.readUIntLE(at, size), bytes: size };
}

/** Source and target may overlap: then what was just written is repeated. */
function repeat(result: Buffer, written: number, { length, distance }: Copied): void {
  if (distance === 0 || distance > written || written + length > result.length)
    throw new RangeError("bad copy");
  for (let i = 0; i < length; i++) result[written + i] = result[written + i - distance] as number;
}
