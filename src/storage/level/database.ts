import { mkdir, readdir } from "node:fs/promises";
import { Level } from "level";
import { StoreError } from "../store.js";
import type { Damage, StoreLog } from "./damage.js";
import { holdsDatabase } from "./database-files.js";
import { versionKey } from "./format/keys.js";
import { checkFormat, FORMAT_ROW } from "./format-version.js";
import { type Group, newGroup } from "./group.js";
import { explainOpen } from "./open-fault.js";
import type { Operation } from "./operation.js";
import { markLosses } from "./streams/loss.js";

/** The Level database of a data directory. */
export class Database {
  readonly #directory: string;
  #opened: Level<Buffer, Buffer> | undefined;
  /** Ends when the database is open again. */
  #reopening: Group | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get level(): Level<Buffer, Buffer> {
    if (!this.#opened) throw new StoreError("the store is not open");
    return this.#opened;
  }

  /** For who reads: while the database is being opened anew, for as long as that takes, they wait. */
  whenOpen(): Level<Buffer, Buffer> | Promise<Level<Buffer, Buffer>> {
    return this.#reopening ? this.#reopening.done.then(() => this.level) : this.level;
  }

  /** @throws {StoreError} with what to do. */
  async open(damage: Damage, log: StoreLog | undefined): Promise<void> {
    try {
      await mkdir(this.#directory, { recursive: true });
      await damage.scanLogs();
      // One that has lost a file must not be replaced by an empty one.
      const createIfMissing = !holdsDatabase(await readdir(this.#directory));
      // Not before: it begins to open, and so to change the logs, as soon as it is made.
      this.#opened = new Level(this.#directory, {
        keyEncoding: "buffer",
        valueEncoding: "buffer",
        createIfMissing,
      });
      await this.level.open();
      await checkFormat(this.level, this.#directory, log);
      if (damage.count > 0) await markLosses(this.level);
    } catch (error) {
      await this.#opened?.close();
      if (error instanceof StoreError) throw error;
      throw new StoreError(explainOpen(this.#directory, error), { cause: error });
    }
  }

  async close(): Promise<void> {
    this.#reopening?.reject(new StoreError("the store is closed"));
    await this.#opened?.close();
  }

  /** A database that is not there any more must not be replaced by an empty one. */
  async reopen(): Promise<void> {
    this.#reopening ??= newGroup();
    await this.level.close();
    await this.level.open({ createIfMissing: false });
    this.#reopening.resolve();
    this.#reopening = undefined;
  }

  write(operations: Operation[], options: { sync: boolean }): Promise<void> {
    // An empty batch would not reach the log, and nothing would be synced.
    if (operations.length === 0) return this.level.put(versionKey, FORMAT_ROW, options);
    return this.level.batch(operations, options);
  }
}
