import { StoreError } from "../../store.js";
import { markLosses } from "../streams/loss.js";
import { check } from "./check.js";
import { formatOf, giveToOwner, openDatabase, requireKnownFormat, Unopenable } from "./database.js";
import type { Fault } from "./fault.js";
import { FileRepair } from "./file-repair.js";
import { withLock } from "./lock.js";
import { RemovedRows, stamp } from "./removed-rows.js";
import type { OnRows } from "./row-chunks.js";
import { RowRepair } from "./row-repair.js";
import { tableFaults } from "./tables.js";

export interface RepairOptions {
  /** Each fault once: those found before anything is changed, and, after `confirm`, those that came to light later. */
  onFault(fault: Fault): void | Promise<void>;
  readonly onRows?: OnRows;
  /** Whether to go on, with this many faults found. */
  confirm(faults: number): Promise<boolean>;
}

export interface RepairResult {
  /** Found before the repair. */
  readonly faults: number;
  /** Rows that were removed or replaced, and the file with what they were. */
  readonly removed?: { readonly rows: number; readonly file: string };
  /** The directory in which damaged files are kept that were replaced by what could be read of them. */
  readonly kept?: string;
}

/** Makes a data directory sound. Undefined: it was not confirmed, and nothing was changed. */
export async function repair(directory: string, options: RepairOptions): Promise<RepairResult | undefined> {
  const told = new Set<string>();
  const onFault = async (fault: Fault) => {
    const text = JSON.stringify(fault);
    if (!told.has(text)) await options.onFault(fault);
    told.add(text);
  };
  const { faults } = await check(directory, { ...options, onFault });
  if (faults === 0) return { faults };
  if (!(await options.confirm(faults))) return undefined;
  const time = new Date();
  const removed = new RemovedRows(directory, time);
  try {
    const work = new RowRepair(removed, onFault, options.onRows);
    const kept = await mendFiles(directory, time);
    await mendRows(directory, work, kept !== undefined);
    return {
      faults,
      ...(removed.count > 0 ? { removed: { rows: removed.count, file: removed.path } } : {}),
      ...(kept === undefined ? {} : { kept }),
    };
  } finally {
    await removed.close();
  }
}

/** Gives the directory with the files that were replaced, if any were. */
async function mendFiles(directory: string, time: Date): Promise<string | undefined> {
  const kept = `${directory}.damaged-${stamp(time)}`;
  const tables = await withLock(directory, () => tableFaults(directory));
  if (tables.length === 0 && (await canBeOpened(directory))) return undefined;
  await withLock(directory, () => new FileRepair(directory, kept).run());
  return kept;
}

async function canBeOpened(directory: string): Promise<boolean> {
  try {
    await (await openDatabase(directory)).close();
    return true;
  } catch (error) {
    if (error instanceof Unopenable) return false;
    throw error;
  }
}

async function mendRows(directory: string, work: RowRepair, filesReplaced: boolean): Promise<void> {
  const level = await openDatabase(directory);
  try {
    requireKnownFormat(await formatOf(level), directory);
    if (filesReplaced) await markLosses(level);
    if (await work.clean(level)) return;
    throw new StoreError(`the data directory ${directory} could not be repaired: restore a backup`);
  } finally {
    await level.close();
    await giveToOwner(directory);
  }
}
