import { constants, deflateRawSync } from "node:zlib";

const MIB = 1024 ** 2;

/** Raw deflate that expands to this many MiB; about 1 KiB for each of them. */
export function bomb(mebibytes: number): Buffer {
  // After a full flush nothing refers to what was before: the pieces can be put one behind the other.
  const piece = deflateRawSync(Buffer.alloc(MIB, "0"), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat(Array.from({ length: mebibytes }, () => piece));
}
