import type { Publisher } from "./clients/publisher.js";

/** Written at a time: a server that takes nothing is not to fill this process. */
const LARGEST_BATCH = 64;

/** Messages that are due, sent as soon as the server takes them and stamped with the time at which they were due. */
export class Debt {
  readonly #publisher: Publisher;
  readonly #batches: { count: number; readonly dueAt: number }[] = [];
  /** Messages that were due so far. */
  due = 0;

  constructor(publisher: Publisher) {
    this.#publisher = publisher;
    publisher.onReady = () => this.#pay();
  }

  /** `dueAt` in milliseconds of `performance.now`. */
  add(count: number, dueAt: number): void {
    this.due += count;
    this.#batches.push({ count, dueAt });
    this.#pay();
  }

  #pay(): void {
    while (this.#publisher.ready) {
      const [batch] = this.#batches;
      if (!batch) return;
      const count = Math.min(batch.count, LARGEST_BATCH);
      this.#publisher.send(count, Math.round(batch.dueAt * 1000));
      batch.count -= count;
      if (batch.count === 0) this.#batches.shift();
    }
  }
}
