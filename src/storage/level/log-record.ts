import { crc32c } from "./crc32c.js";

/*
 * LevelDB's log is made of blocks. A record is one fragment, or several that lie in consecutive blocks; a fragment is
 *
 *   checksum(4) length(2) type(1) data     numbers little endian; the checksum is over type and data
 *
 * and where a block has no place for a header any more, it ends in zeroes. The data of a record begins with
 * sequence(8) count(4): how many rows were written before it, and how many are in it.
 */
export const BLOCK = 32_768;
export const HEADER = 7;

export const Type = { full: 1, first: 2, middle: 3, last: 4 } as const;

export interface Fragment {
  readonly type: number;
  /** Where its data begins and ends in the block. */
  readonly start: number;
  readonly end: number;
}

export interface Rows {
  readonly sequence: number;
  readonly count: number;
}

const ROWS_BYTES = 12;

/** The fragment that stands at a place of a block, unless there is none or it is damaged. */
export function fragmentAt(block: Buffer, place: number): Fragment | undefined {
  const fragment = outlineAt(block, place);
  return fragment && isWhole(block, place, fragment) ? fragment : undefined;
}

/**
 * The next place at which a record begins whose rows are of the expected numbers. What a client sent may look like a
 * record of a log, so neither the checksum nor a place after a damaged header says enough.
 */
export function findRecord(
  block: Buffer,
  from: number,
  expected: (rows: Rows) => boolean,
): number | undefined {
  for (let place = from; place + HEADER + ROWS_BYTES <= block.length; place++) {
    const fragment = outlineAt(block, place);
    if (!fragment || !canBegin(fragment)) continue;
    const rows = rowsOf(block, fragment);
    if (rows && expected(rows) && isWhole(block, place, fragment)) return place;
  }
  return undefined;
}

/** What a record says of its rows in its first fragment, unless that one is too short. */
export function rowsOf(block: Buffer, { start, end }: Fragment): Rows | undefined {
  if (end - start < ROWS_BYTES) return undefined;
  const sequence = block.readUInt32LE(start) + block.readUInt32LE(start + 4) * 2 ** 32;
  return { sequence, count: block.readUInt32LE(start + 8) };
}

function outlineAt(block: Buffer, place: number): Fragment | undefined {
  const type = block[place + 6] as number;
  if (type < Type.full || type > Type.last) return undefined;
  const start = place + HEADER;
  const end = start + block.readUInt16LE(place + 4);
  return end <= block.length ? { type, start, end } : undefined;
}

function isWhole(block: Buffer, place: number, { start, end }: Fragment): boolean {
  return unmasked(block.readUInt32LE(place)) === crc32c(block, start - 1, end);
}

/** Only its block's end cuts a record. */
function canBegin({ type, end }: Fragment): boolean {
  return type === Type.full || (type === Type.first && end === BLOCK);
}

/** LevelDB stores checksums turned and shifted, lest a checksum be taken of what contains checksums. */
function unmasked(stored: number): number {
  const turned = (stored - 0xa282ead8) >>> 0;
  return ((turned >>> 17) | (turned << 15)) >>> 0;
}
