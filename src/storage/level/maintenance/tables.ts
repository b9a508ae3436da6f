import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { versionKey } from "../format/keys.js";
import { isIntact } from "../format/row.js";
import { liveTables } from "../table/live-tables.js";
import { Table } from "../table/table.js";
import type { Entry } from "../table/table-block.js";
import { type Fault, keyText } from "./fault.js";

/** What a row's key ends in: number and kind of the write. */
const WRITE = 8;
const REMOVED = 0;

const NO_LIST: Fault = {
  kind: "database",
  problem: "the list of the database's files (CURRENT, MANIFEST) is missing or damaged",
  loss: "nothing, if the files themselves are sound",
};

/** Every file of the database whose bytes are not those that were written; logs apart, which are read when it is opened. */
export async function tableFaults(directory: string): Promise<Fault[]> {
  const faults = (await liveTables(directory)) ? [] : [NO_LIST];
  for (const name of (await tablesOf(directory)).live) {
    const table = await readTable(directory, name);
    const { damage } = table;
    if (!damage) continue;
    const what =
      damage.blocks === undefined
        ? "its index cannot be read"
        : `it is damaged from byte ${damage.offset} on`;
    faults.push({ kind: "database", problem: `${name}: ${what}`, loss: lossOf(table, damage.blocks) });
  }
  return faults;
}

/** The names of the files, those that the database consists of apart from those that were left behind. */
export async function tablesOf(directory: string): Promise<{ live: string[]; others: string[] }> {
  const names = (await readdir(directory)).filter((name) => /^\d+\.(ldb|sst)$/.test(name)).sort();
  const numbers = await liveTables(directory);
  const isLive = (name: string) => numbers?.has(Number.parseInt(name, 10)) ?? true;
  return { live: names.filter(isLive), others: names.filter((name) => !isLive(name)) };
}

export async function readTable(directory: string, name: string): Promise<Table> {
  return new Table(await readFile(join(directory, name)));
}

/** Everything that can be read of a table. */
export function readableEntries(table: Table): Entry[] {
  const entries: Entry[] = [];
  const areKnown = table.damage?.blocks !== undefined;
  for (const block of table.blocks()) {
    // Without an index, what follows the rows is found as well.
    if (!areKnown && !block?.every(isCredible)) break;
    if (block) entries.push(...block.filter(({ key }) => key.length >= WRITE));
  }
  return entries;
}

function isCredible({ key, value }: Entry): boolean {
  if (key.length <= WRITE) return false;
  const userKey = key.subarray(0, -WRITE);
  return key[userKey.length] === REMOVED || userKey.equals(versionKey) || isIntact(userKey, value);
}

function lossOf(table: Table, damaged: number | undefined): string {
  if (damaged === 0) return "nothing, only what helps to find rows";
  const gaps: string[] = [];
  let before: Entry | undefined;
  let isGap = false;
  for (const block of table.blocks()) {
    const [first] = block ?? [];
    if (isGap && first) gaps.push(`between ${textOf(before)} and ${textOf(first)}`);
    isGap = block === undefined || (isGap && !first);
    before = block?.at(-1) ?? before;
  }
  if (isGap) gaps.push(before ? `after ${textOf(before)}` : "everything in it");
  return `rows ${gaps.join(", and ")}`;
}

function textOf(entry: Entry | undefined): string {
  return entry ? keyText(entry.key.subarray(0, -WRITE)) : "its beginning";
}
