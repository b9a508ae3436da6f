import type { Level } from "level";
import { type Operation, sizeOf } from "../operation.js";

const MOST_ROWS = 4_000;
const MOST_BYTES = 1024 * 1024;

/**
 * Writes rows in batches of a bounded size. Every batch is synced: a sync vouches for the log file that Level writes to at that
 * time, not for one that was full before.
 */
export class Batches {
  readonly #level: Level<Buffer, Buffer>;
  #operations: Operation[] = [];
  #bytes = 0;

  constructor(level: Level<Buffer, Buffer>) {
    this.#level = level;
  }

  /** Whether it is time to write. */
  get isFull(): boolean {
    return this.#operations.length >= MOST_ROWS || this.#bytes >= MOST_BYTES;
  }

  add(operation: Operation): void {
    this.#operations.push(operation);
    this.#bytes += sizeOf(operation);
  }

  async write(): Promise<void> {
    if (this.#operations.length > 0) await this.#level.batch(this.#operations, { sync: true });
    this.#operations = [];
    this.#bytes = 0;
  }
}
