import { Batch } from "./batch.js";

/** What is to be written at the end of a turn. */
export interface Flushable {
  flush(): void;
}

/** One turn of the event loop: everything that receivers were given in it is written at its end, together. */
export class Turn {
  readonly #separator: number | undefined;
  #start: Batch;
  #dirty: Flushable[] = [];
  readonly #failed: (error: unknown) => void;
  readonly #flush = (): void => this.flush();

  /** `failed` hears what goes wrong with one of them; the others are written all the same. `separator`: see {@link Batch}. */
  constructor(failed: (error: unknown) => void, separator?: number) {
    this.#failed = failed;
    this.#separator = separator;
    this.#start = Batch.empty(separator);
  }

  /** Where every batch of this turn begins. */
  get start(): Batch {
    return this.#start;
  }

  add(outbox: Flushable): void {
    if (this.#dirty.length === 0) setImmediate(this.#flush);
    this.#dirty.push(outbox);
  }

  flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    this.#start = Batch.empty(this.#separator);
    for (const outbox of dirty) {
      try {
        outbox.flush();
      } catch (error) {
        this.#failed(error);
      }
    }
  }
}
