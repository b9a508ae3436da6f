import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BLOCK, fragmentAt, HEADER, Type } from "../log-record.js";
import { readVarint } from "./varint.js";

/*
 * The manifest is a log whose records tell what changed: a tag, then what belongs to it. Bytes are preceded by their length.
 */
const Tag = {
  comparator: 1,
  logNumber: 2,
  nextFile: 3,
  lastWrite: 4,
  compactPointer: 5,
  deletedFile: 6,
  newFile: 7,
  previousLog: 9,
} as const;

/**
 * Numbers of the tables that a database consists of; others are left by a process that ended while it wrote or removed
 * them. Undefined: it cannot be told, since what tells it is missing or damaged.
 */
export async function liveTables(directory: string): Promise<Set<number> | undefined> {
  try {
    const manifest = (await readFile(join(directory, "CURRENT"), "utf8")).trim();
    const tables = new Set<number>();
    for (const record of recordsOf(await readFile(join(directory, manifest)))) applyEdit(record, tables);
    return tables;
  } catch {
    return undefined;
  }
}

/** @throws {RangeError} when there is anything that is no whole record: LevelDB would take it for the end. */
function* recordsOf(log: Buffer): Generator<Buffer> {
  let parts: Buffer[] = [];
  for (let start = 0; start < log.length; start += BLOCK) {
    const block = log.subarray(start, start + BLOCK);
    let place = 0;
    while (place + HEADER <= block.length) {
      const fragment = fragmentAt(block, place);
      if (!fragment) throw new RangeError("not a record");
      place = fragment.end;
      parts.push(block.subarray(fragment.start, fragment.end));
      if (fragment.type !== Type.full && fragment.type !== Type.last) continue;
      yield Buffer.concat(parts);
      parts = [];
    }
    if (block.length < BLOCK && place < block.length) throw new RangeError("not a record");
  }
  if (parts.length > 0) throw new RangeError("a record without an end");
}

function applyEdit(record: Buffer, tables: Set<number>): void {
  let at = 0;
  const number = () => {
    const { value, end } = readVarint(record, at);
    at = end;
    return value;
  };
  const skipBytes = () => {
    const length = number();
    at += length;
  };
  while (at < record.length) {
    const tag = number();
    if (tag === Tag.comparator) skipBytes();
    else if (tag === Tag.compactPointer) {
      number(); // level
      skipBytes();
    } else if (tag === Tag.deletedFile) {
      number();
      tables.delete(number());
    } else if (tag === Tag.newFile) {
      number();
      tables.add(number());
      number(); // size
      skipBytes(); // smallest and largest key
      skipBytes();
    } else if (
      tag === Tag.logNumber ||
      tag === Tag.nextFile ||
      tag === Tag.lastWrite ||
      tag === Tag.previousLog
    )
      number();
    else throw new RangeError(`unknown tag ${tag}`);
  }
}
