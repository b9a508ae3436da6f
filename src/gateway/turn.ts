import { Batch } from "./batch.js";

/** What is to be written at the end of a turn. */
export interface Flushable {
  flush(): void;
}

/** One turn of the event loop: everything that sessions were given in it is written at its end, together. */
export class Turn {
  #start = Batch.empty();
  #dirty: Flushable[] = [];
  readonly #failed: (error: unknown) => void;
  readonly #flush = (): void => this.flush();

  /** `failed` hears what goes wrong with one of them; the others are written all the same. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
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
    this.#start = Batch.empty();
    for (const outbox of dirty) {
      try {
        outbox.flush();
      } catch (error) {
        this.#failed(error);
      }
    }
  }
}
