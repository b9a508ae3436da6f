import {
  type Database,
  formatOf,
  giveToOwner,
  openDatabase,
  requireKnownFormat,
  requireStore,
  Unopenable,
} from "./database.js";
import { Examination } from "./examination.js";
import type { Fault } from "./fault.js";
import { withLock } from "./lock.js";
import { logFaults } from "./logs.js";
import type { OnRows } from "./row-chunks.js";
import { tableFaults } from "./tables.js";

export interface CheckResult {
  readonly rows: number;
  readonly faults: number;
  readonly unneededBlocks: number;
  /** False: the files are so damaged that the rows were not looked at. */
  readonly complete: boolean;
}

export interface CheckOptions {
  onFault(fault: Fault): void | Promise<void>;
  readonly onRows?: OnRows;
}

/** Reads everything in a data directory and tells what is wrong. */
export async function check(directory: string, options: CheckOptions): Promise<CheckResult> {
  await requireStore(directory);
  const { logs, tables } = await withLock(directory, async () => ({
    logs: await logFaults(directory),
    tables: await tableFaults(directory),
  }));
  const faults = [...logs, ...tables];
  const level = tables.length > 0 ? undefined : await openOrTell(directory, faults);
  try {
    if (level) requireKnownFormat(await formatOf(level), directory);
    for (const fault of faults) await options.onFault(fault);
    if (!level) return { rows: 0, faults: faults.length, unneededBlocks: 0, complete: false };
    const { rows, unneededBlocks, found } = await examine(level, options);
    return { rows, faults: faults.length + found, unneededBlocks, complete: true };
  } finally {
    await level?.close();
    await giveToOwner(directory);
  }
}

async function openOrTell(directory: string, faults: Fault[]): Promise<Database | undefined> {
  try {
    return await openDatabase(directory);
  } catch (error) {
    if (!(error instanceof Unopenable)) throw error;
    faults.push({ kind: "database", problem: error.message, loss: "not known before it is repaired" });
    return undefined;
  }
}

async function examine(level: Database, { onFault, onRows }: CheckOptions) {
  const examination = new Examination(level, onRows);
  let found = 0;
  for await (const { fault } of examination.findings()) {
    found++;
    await onFault(fault);
  }
  return { rows: examination.rows, unneededBlocks: examination.unneededBlocks, found };
}
