import { chown, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import { StoreError } from "../../store.js";
import { holdsDatabase, isDatabaseFile } from "../database-files.js";
import { explainFault } from "../disk-probe.js";
import { Kind, kindRange, versionKey } from "../format/keys.js";
import { FORMAT } from "../format-version.js";
import { OLD_ROWS } from "../migration/format-1.js";
import { markLosses } from "../streams/loss.js";
import { logFaults } from "./logs.js";

export type Database = Level<Buffer, Buffer>;

/** Another process has the database open. */
export class InUse extends StoreError {}

/** The database is there but cannot be opened as it is. */
export class Unopenable extends StoreError {}

/** Opens what is there, whatever its format. What is damaged in its logs is gone then, and leaves its mark. */
export async function openDatabase(directory: string): Promise<Database> {
  await requireStore(directory);
  const faults = await logFaults(directory);
  const level = await openLevel(directory, false);
  if (faults.length > 0 && (await formatOf(level)) === FORMAT) await markLosses(level);
  return level;
}

/** Whether another process has the database of a directory open, when there is one. */
export async function isInUse(directory: string): Promise<boolean> {
  try {
    await (await openDatabase(directory)).close();
    return false;
  } catch (error) {
    return error instanceof InUse;
  }
}

/** A database in a directory that has none. Messages name the directory as `named`. */
export function createDatabase(directory: string, named = directory): Promise<Database> {
  return openLevel(directory, true, named);
}

/** Whether a file of the database could not be read. */
export function isUnreadable(error: unknown): error is Error {
  return (
    error instanceof Error && /^LEVEL_(CORRUPTION|IO_ERROR)$/.test((error as { code?: string }).code ?? "")
  );
}

/** @throws {StoreError} when the directory holds no database. */
export async function requireStore(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT")
      throw new StoreError(`there is no data directory ${directory}: name the broker's with --data`);
    if (error.code === "ENOTDIR")
      throw new StoreError(`${directory} is not a directory: name the broker's data directory with --data`);
    throw new StoreError(explainFault(directory, error), { cause: error });
  });
  if (!holdsDatabase(names))
    throw new StoreError(
      `${directory} is not a data directory of Causeway: name the broker's with --data (default: ./data)`,
    );
}

/** The number in the version row; undefined when it is missing or cannot be read. */
export async function formatOf(level: Database): Promise<number | undefined> {
  const row = await level.get(versionKey);
  const text = row?.toString() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  return (await level.keys({ ...OLD_ROWS, limit: 1 }).all()).length > 0 && !(await hasSessions(level))
    ? 1
    : undefined;
}

async function hasSessions(level: Database): Promise<boolean> {
  return (await level.keys({ ...kindRange(Kind.session), limit: 1 }).all()).length > 0;
}

/** @throws {StoreError} when the store was written by another version. */
export function requireKnownFormat(format: number | undefined, directory: string): void {
  if (format === undefined || format === FORMAT) return;
  throw new StoreError(
    format < FORMAT
      ? `the data directory ${directory} has the older format ${format}: start this version of causeway serve on it once, which brings it up to date`
      : `the data directory ${directory} has format ${format}, and this version of Causeway reads up to ${FORMAT}: use the version that wrote it or a newer one`,
  );
}

/** What an administrator opens must remain the broker's to open. */
export async function giveToOwner(directory: string, owner?: { uid: number; gid: number }): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = owner ?? (await stat(directory));
  for (const name of await readdir(directory))
    if (isDatabaseFile(name)) await chown(join(directory, name), uid, gid);
  if (owner) await chown(directory, uid, gid);
}

async function openLevel(directory: string, create: boolean, named = directory): Promise<Database> {
  const level: Database = new Level(directory, {
    keyEncoding: "buffer",
    valueEncoding: "buffer",
    createIfMissing: create,
    errorIfExists: create,
  });
  try {
    await level.open();
    return level;
  } catch (error) {
    await level.close();
    const { cause } = error as { cause?: { code?: string; message?: string } };
    if (cause?.code === "LEVEL_LOCKED")
      throw new InUse(
        `the data directory ${named} is in use by another process: stop the broker first (only "backup" works beside it)`,
      );
    if (/^(Corruption|Invalid argument)|No such file/.test(cause?.message ?? ""))
      throw new Unopenable(
        `the data directory ${named} is damaged and cannot be opened (${cause?.message}): make a copy of it, then run causeway store repair`,
      );
    throw new StoreError(explainFault(named, error), { cause: error });
  }
}
