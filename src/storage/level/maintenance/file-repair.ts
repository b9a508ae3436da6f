import { cp, mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import { StoreError } from "../../store.js";
import { buildTable } from "../table/table-builder.js";
import { readableEntries, readTable, tablesOf } from "./tables.js";

/** Its types leave it out, since not every platform has it; Node has. */
const levelRepair = Level as unknown as { repair(directory: string): Promise<void> };

/** Makes a database of the files that are there. Whatever it replaces or leaves out is kept in another directory. */
export class FileRepair {
  readonly #directory: string;
  readonly #kept: string;

  constructor(directory: string, kept: string) {
    this.#directory = directory;
    this.#kept = kept;
  }

  async run(): Promise<void> {
    await mkdir(this.#kept, { mode: 0o700 });
    const { live, others } = await tablesOf(this.#directory);
    for (const name of live) await this.#mend(name);
    // LevelDB would take rows from them that have been removed since.
    for (const name of others) await this.#setAside(name);
    await levelRepair.repair(this.#directory).catch((error: Error) => {
      throw new StoreError(
        `the data directory ${this.#directory} could not be repaired: restore a backup (${error.message})`,
      );
    });
    // It keeps what it has replaced in there.
    await this.#setAside("lost");
  }

  async #mend(name: string): Promise<void> {
    const table = await readTable(this.#directory, name);
    if (!table.damage) return;
    const entries = readableEntries(table);
    const path = join(this.#directory, name);
    await cp(path, join(this.#kept, name));
    if (entries.length === 0) return rm(path);
    const made = path.replace(/\.\w+$/, ".dbtmp");
    const file = await open(made, "w");
    try {
      await file.writeFile(buildTable(entries));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(made, path);
  }

  /** Not by its name alone: the other directory may be on another file system. */
  async #setAside(name: string): Promise<void> {
    const path = join(this.#directory, name);
    const isThere = await cp(path, join(this.#kept, name), { recursive: true }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return false;
        throw error;
      },
    );
    if (isThere) await rm(path, { recursive: true });
  }
}
