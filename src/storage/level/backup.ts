import { mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { StoreError } from "../store.js";
import { isDatabaseFile } from "./database-files.js";
import type { Row } from "./format/row.js";
import { createDatabase, type Database, isInUse } from "./maintenance/database.js";
import { bytesOf, rowChunks } from "./maintenance/row-chunks.js";
import { markLosses } from "./streams/loss.js";

export interface Progress {
  readonly rows: number;
  /** Of keys and values. */
  readonly bytes: number;
}

/** Called after each chunk; what it throws ends the work. */
export type OnProgress = (progress: Progress) => void;

/**
 * Copies a database as it is now, while it may be written to, into a directory that is empty or not there. Each stream of the copy ends
 * with an entry that counts as lost: the original goes on, and gives offsets that the copy must not give again as if they were new.
 */
export async function backup(level: Database, directory: string, onProgress?: OnProgress): Promise<Progress> {
  const target = resolve(directory);
  const partial = `${target}.partial`;
  await requireNothingAt(target);
  await removeStale(partial);
  try {
    const progress = await fill(partial, async (copy) => {
      const copied = await copyRows(rowChunks(level), copy, onProgress);
      await markLosses(copy);
      return copied;
    });
    await moveInto(target, partial);
    return progress;
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined); // the error before says more
    throw new StoreError(`the backup to ${target} failed, and nothing was left of it: ${reason(error)}`, {
      cause: error,
    });
  }
}

/** Makes a database in a directory; when it resolves, all of it is on the disk. */
export async function fill<T>(directory: string, work: (level: Database) => Promise<T>): Promise<T> {
  await mkdir(dirname(directory), { recursive: true });
  await mkdir(directory, { mode: 0o700 });
  const level = await createDatabase(directory);
  let result: T;
  try {
    result = await work(level);
  } finally {
    await level.close();
  }
  // LevelDB leaves logs behind that it has not synced.
  for (const name of await readdir(directory)) await sync(join(directory, name));
  await sync(directory);
  return result;
}

async function copyRows(
  chunks: AsyncIterable<Row[]>,
  to: Database,
  onProgress?: OnProgress,
): Promise<Progress> {
  let rows = 0;
  let bytes = 0;
  for await (const chunk of chunks) {
    await to.batch(chunk.map((row) => ({ type: "put" as const, ...row })));
    rows += chunk.length;
    for (const row of chunk) bytes += bytesOf(row);
    onProgress?.({ rows, bytes });
  }
  return { rows, bytes };
}

/** @throws {StoreError} when something is there already. */
export async function requireNothingAt(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new StoreError(
      error.code === "ENOTDIR"
        ? `${directory} is a file: name a directory that is empty or not there yet`
        : `${directory} cannot be used: ${error.message}`,
    );
  });
  if (names.length > 0)
    throw new StoreError(`${directory} is not empty: name a directory that is empty or not there yet`);
}

/** The directory gets its name, and keeps it over a power cut. */
export async function moveInto(target: string, made: string): Promise<void> {
  await rmdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rename(made, target);
  await sync(dirname(target));
}

/** What a process that was killed has left, unless it is something else. */
export async function removeStale(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => undefined);
  if (!names) return;
  if (!names.every(isDatabaseFile))
    throw new StoreError(`${directory} is in the way: move it elsewhere, since it is to be used meanwhile`);
  if (await isInUse(directory)) throw new StoreError(`${directory} is being written by another process`);
  await rm(directory, { recursive: true });
}

async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function reason(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
