import type { StoreStats } from "../store.js";

export type Operation =
  | { readonly type: "put"; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: "del"; readonly key: Buffer };

/** Writes a batch; `sync` asks that it be on the disk before the promise resolves. */
export type WriteBatch = (operations: Operation[], options: { sync: boolean }) => Promise<void>;

interface Group {
  readonly operations: Operation[];
  sync: boolean;
  readonly done: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Groups writes: what comes while a write is under way, or in the same turn of the event loop, goes out together
 * in the next one. A disk that syncs slowly gets larger groups, never a longer line of small ones.
 */
export class Committer {
  readonly #write: WriteBatch;
  #open: Group | undefined;
  #running: Promise<void> | undefined;
  #writes = 0;
  #changes = 0;
  #failures = 0;
  #failing = false;

  constructor(write: WriteBatch) {
    this.#write = write;
  }

  commit(operations: readonly Operation[], sync: boolean): Promise<void> {
    if (operations.length === 0 && !this.#open) return this.#running ?? Promise.resolve();
    const group = this.#group();
    for (const operation of operations) group.operations.push(operation);
    if (sync && operations.length > 0) group.sync = true;
    this.#changes += operations.length;
    return group.done;
  }

  /** Resolves after everything committed so far, whether it succeeded or not. */
  async settled(): Promise<void> {
    await this.commit([], false).catch(() => undefined);
  }

  stats(): StoreStats {
    return {
      writes: this.#writes,
      changes: this.#changes,
      failures: this.#failures,
      waiting: this.#open?.operations.length ?? 0,
      failing: this.#failing,
    };
  }

  #group(): Group {
    if (this.#open) return this.#open;
    const group = newGroup();
    this.#open = group;
    if (!this.#running) setImmediate(() => this.#run());
    return group;
  }

  #run(): void {
    const group = this.#open;
    if (!group) return;
    this.#open = undefined;
    this.#running = group.done;
    this.#writes++;
    // Callers continue in the order in which they came, before the next group is written.
    const next = () => {
      this.#running = undefined;
      if (this.#open) this.#run();
    };
    this.#write(group.operations, { sync: group.sync }).then(
      () => {
        this.#failing = false;
        group.resolve();
        next();
      },
      (error) => {
        this.#failures++;
        this.#failing = true;
        group.reject(error);
        next();
      },
    );
  }
}

function newGroup(): Group {
  let resolve = (): void => undefined;
  let reject = (_error: unknown): void => undefined;
  const done = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  done.catch(() => undefined); // a lazy commit's failure is counted; nobody has to wait for it
  return { operations: [], sync: false, done, resolve, reject };
}
