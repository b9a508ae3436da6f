import type { Level } from "level";
import {
  after,
  clientRange,
  hasSequence,
  isClientKey,
  Kind,
  kindRange,
  readClientKey,
  readSequence,
  streamKey,
} from "../format/keys.js";
import { isIntact } from "../format/row.js";
import { decodeEntry, lostEntry } from "../format/stream-entry.js";
import type { Operation } from "../operation.js";

type Database = Level<Buffer, Buffer>;

const ROWS_PER_WRITE = 1_000;

/**
 * Rows were lost, whose cannot be told, or the database is a copy and the original goes on. In the middle of a stream that shows by
 * itself. At its end an entry is added to each that counts as lost, so that nobody takes what is left for the whole.
 */
export async function markLosses(level: Database): Promise<void> {
  let marks: Operation[] = [];
  for (let key = await firstKey(level, kindRange(Kind.stream).gte); key; ) {
    const mark = await markOf(level, key);
    if (mark) marks.push(mark);
    if (marks.length === ROWS_PER_WRITE) {
      await level.batch(marks, { sync: true });
      marks = [];
    }
    key = await firstKey(level, isClientKey(key) ? streamOf(key).lt : after(key));
  }
  if (marks.length > 0) await level.batch(marks, { sync: true });
}

async function firstKey(level: Database, from: Buffer): Promise<Buffer | undefined> {
  const [key] = await level.keys({ gte: from, lt: kindRange(Kind.stream).lt, limit: 1 }).all();
  return key;
}

/** Undefined: the last entry of the stream to which the key belongs is a lost one already. */
async function markOf(level: Database, key: Buffer): Promise<Operation | undefined> {
  if (!isClientKey(key)) return undefined;
  for await (const [last, value] of level.iterator({ ...streamOf(key), reverse: true })) {
    if (!hasSequence(last) || readSequence(last) === Number.MAX_SAFE_INTEGER) continue;
    if (isIntact(last, value) && decodeEntry(value) === undefined) return undefined;
    const next = streamKey(readClientKey(key).clientId, readSequence(last) + 1);
    return { type: "put", key: next, value: lostEntry(next) };
  }
  return undefined;
}

function streamOf(key: Buffer) {
  return clientRange(Kind.stream, readClientKey(key).clientId);
}
