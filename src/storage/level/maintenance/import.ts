import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { StoreError } from "../../store.js";
import { fill, moveInto, removeStale, requireNothingAt } from "../backup.js";
import { explainFault } from "../disk-probe.js";
import { markLosses } from "../streams/loss.js";
import { type Database, openDatabase } from "./database.js";
import { Intake } from "./intake.js";
import { BadLine, type Line, parseLine } from "./line.js";
import { linesOf } from "./lines.js";
import { mergeInto } from "./merge.js";
import { withStore } from "./with-store.js";

export interface ImportOptions {
  /** Into a store that is there: sessions and topics replace those of the same name. */
  readonly merge?: boolean;
  readonly onLines?: (lines: number) => void;
}

/** How many lines of each type there were. */
export type Imported = Partial<Record<Line["type"], number>>;

/** The largest MQTT packet as base64, and room for the rest. */
const LONGEST_LINE = 384 * 1024 * 1024;
const LINES_PER_REPORT = 1_000;

/** Makes a store from the lines of an export: all of them or, when one is bad, none. */
export async function importStore(
  directory: string,
  source: AsyncIterable<Buffer>,
  { merge = false, onLines }: ImportOptions = {},
): Promise<Imported> {
  const target = resolve(directory);
  const made = `${target}.importing`;
  // Told before the lines are read, which may take long.
  if (merge) await withStore(target, async () => undefined);
  else await requireNothingAt(target);
  await removeStale(made);
  try {
    const imported = await fill(made, (level) => takeLines(level, source, onLines));
    if (merge) await mergeFrom(target, made);
    else await moveInto(target, made);
    return imported;
  } catch (error) {
    throw error instanceof StoreError ? error : new StoreError(explainFault(target, error), { cause: error });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

async function takeLines(
  level: Database,
  source: AsyncIterable<Buffer>,
  onLines: ImportOptions["onLines"],
): Promise<Imported> {
  const intake = new Intake(level);
  const imported: Imported = {};
  let number = 1;
  try {
    for await (const text of linesOf(source, LONGEST_LINE)) {
      const line = parseLine(text);
      if (number === 1 && line.type !== "store")
        throw new BadLine('is not the {"type":"store",…} of an export');
      if (number > 1) await intake.take(line);
      imported[line.type] = (imported[line.type] ?? 0) + 1;
      if (number % LINES_PER_REPORT === 0) onLines?.(number);
      number++;
    }
  } catch (error) {
    if (!(error instanceof BadLine)) throw error;
    throw new StoreError(`line ${number} ${error.message}; nothing was imported`);
  }
  if (number === 1) throw new StoreError("there are no lines, so that nothing was imported");
  await intake.finish();
  // The store that was exported may have gone on since, with offsets that must not be given again as if they were new.
  await markLosses(level);
  return imported;
}

async function mergeFrom(directory: string, made: string): Promise<void> {
  const from = await openDatabase(made);
  try {
    await withStore(directory, (to) => mergeInto(to, from));
  } finally {
    await from.close();
  }
}
