import { StoreError } from "../../store.js";
import { explainFault } from "../disk-probe.js";
import {
  type Database,
  formatOf,
  giveToOwner,
  isUnreadable,
  openDatabase,
  requireKnownFormat,
  requireStore,
} from "./database.js";
import { withLock } from "./lock.js";
import { tableFaults } from "./tables.js";

/** Opens a store of this format for the time of the work; whoever owns the directory owns what is in it afterwards. */
export async function withStore<T>(directory: string, work: (level: Database) => Promise<T>): Promise<T> {
  await requireStore(directory);
  const [damage] = await withLock(directory, () => tableFaults(directory));
  if (damage)
    throw new StoreError(
      `the data directory ${directory} is damaged (${damage.problem}): make a copy of it, then run causeway store repair`,
    );
  const level = await openDatabase(directory);
  try {
    await requireFormat(level, directory);
    return await work(level);
  } catch (error) {
    throw isUnreadable(error) ? new StoreError(explainFault(directory, error), { cause: error }) : error;
  } finally {
    await level.close();
    await giveToOwner(directory);
  }
}

async function requireFormat(level: Database, directory: string): Promise<void> {
  const format = await formatOf(level);
  requireKnownFormat(format, directory);
  if (format === undefined)
    throw new StoreError(
      `the data directory ${directory} does not say which format it has: run causeway store check on it, then repair`,
    );
}
