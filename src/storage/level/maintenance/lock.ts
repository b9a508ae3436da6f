import { mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabase, type Database } from "./database.js";

/**
 * Does work while no broker can open the directory, and without opening it: LevelDB takes a lock only together with a
 * database, and one that is damaged may end the process. So another database is opened, whose lock is this directory's.
 *
 * @throws {InUse} when a broker has it.
 */
export async function withLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const beside = await mkdtemp(join(tmpdir(), "causeway-lock-"));
  let level: Database | undefined;
  try {
    await symlink(join(await realpath(directory), "LOCK"), join(beside, "LOCK"));
    level = await createDatabase(beside, directory);
    return await work();
  } finally {
    await level?.close();
    await rm(beside, { recursive: true, force: true });
  }
}
