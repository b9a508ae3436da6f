import type { Level } from "level";
import type { StoreLog } from "./damage.js";
import { Kind, type Range, versionKey } from "./format/keys.js";
import { Batches } from "./migration/batches.js";
import { Conversion } from "./migration/conversion.js";
import { OLD_ROWS, ownerOf, readOldRow } from "./migration/format-1.js";

const OLD_FORMAT = "1";
const NEW_FORMAT = "2";
const NEW_ROWS: Range = { gte: Buffer.from([Kind.session]), lt: Buffer.from([Kind.block + 1]) };
const PROGRESS_MS = 3_000;
/** Damaged rows that are reported one by one. */
const MOST_REPORTED = 100;
const READ_AHEAD_BYTES = 256 * 1024;

type MigrationLog = Pick<StoreLog, "info" | "error">;

/**
 * Brings a database from format 1 to format 2; a database of another format is left as it is. The new rows are written beside the
 * old ones, then the version is changed, then the old rows are removed: whenever that is cut short, the next call completes it.
 */
export async function migrate(level: Level<Buffer, Buffer>, log?: MigrationLog): Promise<void> {
  const version = (await level.get(versionKey))?.toString();
  if (version === OLD_FORMAT) {
    await removeRows(level, NEW_ROWS); // of an earlier call
    await new Migration(level, log).run();
    await level.put(versionKey, Buffer.from(NEW_FORMAT), { sync: true });
  }
  if (version === OLD_FORMAT || version === NEW_FORMAT) await removeRows(level, OLD_ROWS);
}

/** Left out of the types of `level`, since it is not there in browsers. */
interface Compactable {
  compactRange(start: Buffer, end: Buffer): Promise<void>;
}

/** What was removed stays so when the power fails, costs no space, and does not slow down the next look for it. */
async function removeRows(level: Level<Buffer, Buffer>, range: Range): Promise<void> {
  const [found] = await level.keys({ ...range, limit: 1 }).all();
  if (!found) return;
  await level.clear(range);
  await (level as typeof level & Compactable).compactRange(range.gte, range.lt);
}

class Migration {
  readonly #level: Level<Buffer, Buffer>;
  readonly #log: MigrationLog | undefined;
  readonly #batches: Batches;
  readonly #conversion = new Conversion();
  readonly #begun = Date.now();
  #reported = Date.now();
  #rows = 0;
  #damaged = 0;

  constructor(level: Level<Buffer, Buffer>, log: MigrationLog | undefined) {
    this.#level = level;
    this.#log = log;
    this.#batches = new Batches(level);
  }

  async run(): Promise<void> {
    this.#log?.info({ data: this.#level.location }, "the store is being brought from format 1 to format 2");
    const rows = this.#level.iterator({ ...OLD_ROWS, highWaterMarkBytes: READ_AHEAD_BYTES });
    for await (const [key, value] of rows) {
      this.#take(key, value);
      if (this.#batches.isFull) await this.#write();
    }
    for (const operation of this.#conversion.finish()) this.#batches.add(operation);
    await this.#batches.write();
    this.#log?.info({ ...this.#progress(), damaged: this.#damaged }, "the store has format 2");
  }

  #take(key: Buffer, value: Buffer): void {
    this.#rows++;
    const row = readOldRow(key, value, this.#begun);
    if (row) for (const operation of this.#conversion.take(row)) this.#batches.add(operation);
    else this.#leaveOut(key);
  }

  async #write(): Promise<void> {
    await this.#batches.write();
    if (Date.now() - this.#reported < PROGRESS_MS) return;
    this.#reported = Date.now();
    this.#log?.info(this.#progress(), "the store is still being brought to format 2");
  }

  #leaveOut(key: Buffer): void {
    if (++this.#damaged <= MOST_REPORTED)
      this.#log?.error(
        { data: this.#level.location, ...ownerOf(key) },
        "a row of the store is damaged and is left out: what it held is lost",
      );
  }

  #progress() {
    return { data: this.#level.location, rows: this.#rows, ms: Date.now() - this.#begun };
  }
}
