/**
 * What an acknowledgement promises. `always`: the rows are on the disk. `interval`: the operating system has them,
 * and the disk within the interval. `os`: the operating system has them, and writes them out when it likes.
 */
export type Durability = "always" | "interval" | "os";

/** Decides which writes are synced. A sync covers everything written before it. */
export class Syncs {
  readonly #durability: Durability;
  readonly #interval: number;
  readonly #onDue: () => void;
  #timer: NodeJS.Timeout | undefined;
  #unsynced = false;
  #due = false;
  #ended = false;

  /** `onDue` is called when there ought to be a synced write even if there is nothing new to write. */
  constructor(durability: Durability, interval: number, onDue: () => void) {
    this.#durability = durability;
    this.#interval = interval;
    this.#onDue = onDue;
  }

  /** Whether a sync is worth a write that has no rows. */
  get due(): boolean {
    return this.#due;
  }

  /** Whether the write that begins now is to be synced; `awaited` when an acknowledgement hangs on it. */
  wanted(awaited: boolean): boolean {
    return this.#due || this.#ended || (awaited && this.#durability === "always");
  }

  /** A write has succeeded. */
  written(synced: boolean): void {
    this.#unsynced = !synced;
    if (synced) this.#stop();
    else if (this.#durability === "interval")
      this.#timer ??= setTimeout(() => this.#fall(), this.#interval).unref();
  }

  /** The next write is the last: it is synced, and due when some rows were not. */
  end(): void {
    this.#stop();
    this.#ended = true;
    this.#due = this.#unsynced;
  }

  #fall(): void {
    this.#timer = undefined;
    this.#due = true;
    this.#onDue();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = false;
  }
}
