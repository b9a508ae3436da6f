import { after, type Range } from "../format/keys.js";
import type { Row } from "../format/row.js";
import { type Database, isUnreadable } from "./database.js";

/** A chunk ends with the row that reaches either: a broker that makes a backup does other work between them. */
const ROWS = 250;
const BYTES = 128 * 1024;

/** Called with the number of rows that have been gone through. */
export type OnRows = (rows: number) => void;

/**
 * The rows of a range as they are when the first is asked for, in chunks. LevelDB passes over what it cannot read, and
 * says so after the last row: then this throws.
 */
export async function* rowChunks(level: Database, range: Partial<Range> = {}): AsyncGenerator<Row[]> {
  let next = range.gte;
  try {
    for await (const chunk of chunksOf(level, range, ROWS)) {
      const last = chunk.at(-1);
      if (last) next = after(last.key);
      yield chunk;
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    // With it, the rows are withheld that were read for the last chunk.
    yield* chunksOf(level, { ...range, ...(next ? { gte: next } : {}) }, 1);
    throw error;
  }
}

async function* chunksOf(level: Database, range: Partial<Range>, rows: number): AsyncGenerator<Row[]> {
  const iterator = level.iterator({ ...range, fillCache: false, highWaterMarkBytes: BYTES });
  try {
    for (;;) {
      const chunk = await iterator.nextv(rows);
      if (chunk.length === 0) return;
      yield chunk.map(([key, value]) => ({ key, value }));
    }
  } finally {
    await iterator.close();
  }
}

export function bytesOf({ key, value }: Row): number {
  return key.length + value.length;
}
