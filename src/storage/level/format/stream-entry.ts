import { SEAL, seal } from "./row.js";

/*
 * An entry of a stream: seal(4) flags(1) entry. Flags: bit 0, the entry that stood here was lost, and nothing follows. Such
 * a row keeps the offset from being given again, and a reader from taking what is left for the whole.
 */

const LOST = 0b1;
const HEAD = SEAL + 1;
const NO_ENTRY = Buffer.alloc(0);

/** A sealed value. */
export function encodeEntry(key: Buffer, entry: Buffer): Buffer {
  return sealedEntry(key, 0, entry);
}

export function lostEntry(key: Buffer): Buffer {
  return sealedEntry(key, LOST, NO_ENTRY);
}

/** Undefined: it was lost. @throws {RangeError} as all that decodes does. */
export function decodeEntry(value: Buffer): Buffer | undefined {
  const flags = value.readUInt8(SEAL);
  if (flags === 0) return value.subarray(HEAD);
  if (flags === LOST && value.length === HEAD) return undefined;
  throw new RangeError("not an entry of a stream");
}

function sealedEntry(key: Buffer, flags: number, entry: Buffer): Buffer {
  const value = Buffer.allocUnsafe(HEAD + entry.length);
  value[SEAL] = flags;
  value.set(entry, HEAD);
  return seal(key, value);
}
