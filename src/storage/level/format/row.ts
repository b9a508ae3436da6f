import { crc32 } from "node:zlib";

/*
 * Every value is sealed: its first 4 bytes are the CRC-32 of the key and of the rest. Level checks what it reads only where
 * it compresses, so that without the seal a flipped byte would be delivered.
 */

export interface Row {
  readonly key: Buffer;
  readonly value: Buffer;
}

export const SEAL = 4;

/** Writes the seal into a value whose first 4 bytes were left free. */
export function seal(key: Buffer, value: Buffer): Buffer {
  value.writeUInt32BE(crc32(value.subarray(SEAL), crc32(key)), 0);
  return value;
}

/** A sealed value with this content. */
export function sealed(key: Buffer, content: Buffer): Buffer {
  const value = Buffer.allocUnsafe(SEAL + content.length);
  content.copy(value, SEAL);
  return seal(key, value);
}

/** Whether key and value are as they were written. */
export function isIntact(key: Buffer, value: Buffer): boolean {
  return value.length >= SEAL && value.readUInt32BE(0) === crc32(value.subarray(SEAL), crc32(key));
}

/** What was sealed. */
export function contentOf(value: Buffer): Buffer {
  return value.subarray(SEAL);
}
