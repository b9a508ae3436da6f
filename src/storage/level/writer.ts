import { StoreError, type WaitHistogram } from "../store.js";
import { type Durability, Syncs } from "./durability.js";
import { type Group, handled, newGroup } from "./group.js";
import type { Operation } from "./operation.js";
import { Recovery } from "./recovery.js";
import { Waits } from "./waits.js";

export interface Gathered {
  readonly operations: Operation[];
  /** Of keys and values. */
  readonly bytes: number;
  /** Changes and messages that the rows stand for. */
  readonly changes: number;
}

export interface WriterOptions {
  /**
   * All rows gathered so far. Called when a write begins; a call of `written` follows before the next one, unless
   * rows are lost.
   */
  gather(): Gathered;
  /** With no rows and `sync`, it must still get everything written before onto the disk. */
  write(operations: Operation[], options: { sync: boolean }): Promise<void>;
  /** What was gathered last is written, or there was nothing. */
  written(): void;
  /** Whether the disk takes and keeps data again. Cheap. */
  probe(): Promise<void>;
  /** Closes and opens the database; it may be closed already, when an earlier call failed. */
  reopen(): Promise<void>;
  readonly durability: Durability;
  /** Milliseconds, for the durability `interval`. */
  readonly interval: number;
  onFault(error: unknown): void;
  onRecovered(ms: number): void;
}

export interface WriterStats {
  readonly writes: number;
  readonly rows: number;
  readonly bytes: number;
  /** Calls of `write` that failed. */
  readonly failures: number;
}

const NOTHING: Gathered = { operations: [], bytes: 0, changes: 0 };
const DONE = Promise.resolve();

/**
 * Writes what is gathered, in groups: what comes in one turn of the event loop, or while a write is under way, goes
 * out together. A disk that syncs slowly gets larger groups, never a longer line of small ones.
 *
 * After a failure nothing more is appended, since a record that was torn in the middle of the database's log could
 * hide those after it. The group is kept, and written again once the disk takes data and the database, opened anew,
 * has left the torn record behind.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #syncs: Syncs;
  readonly #recovery = new Recovery();
  readonly #waits = new Waits();
  /** The group that is gathered now. */
  #next: Group | undefined;
  #current: Group | undefined;
  #running: Promise<void> = DONE;
  #underWay = NOTHING;
  #closed: Promise<void> | undefined;
  /** Why the store was closed with rows that are not written. */
  #lost: Error | undefined;
  #writes = 0;
  #rows = 0;
  #bytes = 0;
  #failures = 0;
  #failingSince: number | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#syncs = new Syncs(options.durability, options.interval, () => this.touch());
  }

  /** Something was gathered: it is written at the end of this turn, or after the write that is under way. */
  touch(): void {
    if (this.#closed || this.#next) return;
    this.#next = newGroup();
    if (!this.#current) setImmediate(() => this.#begin());
  }

  /**
   * Resolves when what was gathered is written, with nothing gathered when the write under way ends, and at once when
   * there is none. It is the same promise for all callers of one group. A group that nobody has waited for when its
   * write begins is not synced for them.
   */
  flush(): Promise<void> {
    if (this.#closed) return handled(Promise.reject(new StoreError("the store is closed")));
    const group = this.#next ?? this.#current;
    if (!group) return DONE;
    group.awaitedSince ??= performance.now();
    return group.done;
  }

  /** Writes and syncs what is gathered. @throws {StoreError} when that fails; then all who wait get the same error. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** When writing began to fail, in milliseconds since 1970; undefined while it does not. */
  get failingSince(): number | undefined {
    return this.#failingSince;
  }

  stats(): WriterStats {
    return {
      writes: this.#writes,
      rows: this.#rows,
      bytes: this.#bytes,
      failures: this.#failures,
    };
  }

  /** What the write under way holds, or the one that is kept to be tried again. */
  get underWay(): Readonly<Gathered> {
    return this.#underWay;
  }

  /** From the first `flush` of a group until it resolves. */
  waits(): WaitHistogram {
    return this.#waits.read();
  }

  #begin(): void {
    if (this.#current || !this.#next) return;
    this.#current = this.#next;
    this.#next = undefined;
    this.#running = this.#run(this.#current);
  }

  async #run(group: Group): Promise<void> {
    this.#underWay = this.#options.gather();
    const sync = this.#syncs.wanted(group.awaitedSince !== undefined);
    if (this.#underWay.operations.length > 0 || this.#syncs.due) await this.#writeAtLast(sync);
    if (this.#lost) return group.reject(this.#lost);
    this.#underWay = NOTHING;
    this.#options.written();
    if (group.awaitedSince !== undefined) this.#waits.add(performance.now() - group.awaitedSince);
    group.resolve();
    this.#current = undefined;
    // Those who waited continue first, and what they ask for is in the next group.
    if (this.#next) setImmediate(() => this.#begin());
  }

  /** Returns when it is written, however long that takes, or lost. */
  async #writeAtLast(sync: boolean): Promise<void> {
    try {
      await this.#write(sync);
    } catch (error) {
      await this.#recover(error);
    }
  }

  async #recover(error: unknown): Promise<void> {
    const since = performance.now();
    this.#failingSince = Date.now();
    this.#options.onFault(error);
    const last = await this.#recovery.run(async () => {
      await this.#options.probe();
      await this.#options.reopen();
      await this.#write(true);
    });
    if (last) {
      this.#lost = this.#loss(last);
      return;
    }
    this.#failingSince = undefined;
    this.#options.onRecovered(performance.now() - since);
  }

  async #write(sync: boolean): Promise<void> {
    const { operations, bytes } = this.#underWay;
    try {
      await this.#options.write(operations, { sync });
    } catch (error) {
      this.#failures++;
      throw error;
    }
    this.#writes++;
    this.#rows += operations.length;
    this.#bytes += bytes;
    this.#syncs.written(sync);
  }

  async #close(): Promise<void> {
    this.#recovery.end();
    await this.#running;
    this.#syncs.end();
    if (!this.#lost) {
      this.#next ??= newGroup();
      this.#begin();
      await this.#running;
    }
    if (!this.#lost) return;
    this.#next?.reject(this.#lost);
    throw this.#lost;
  }

  #loss(cause: Error): StoreError {
    const rows = this.#underWay.operations.length + this.#options.gather().operations.length;
    return new StoreError(
      `the store was closed with ${rows} ${rows === 1 ? "row" : "rows"} that could not be written: ${cause.message}`,
      {
        cause,
      },
    );
  }
}
