import type { StoreStats } from "../store.js";
import type { Blocks } from "./blocks.js";
import type { PageBuilder } from "./format/page-builder.js";
import { type Operation, sizeOf } from "./operation.js";
import type { LevelQueue } from "./queue.js";
import type { RetainedRows } from "./retained/retained.js";
import type { Streams } from "./streams/streams.js";
import type { Gathered } from "./writer.js";

type Waiting = Pick<StoreStats, "waiting" | "waitingBytes">;

interface WrittenPages {
  readonly queue: LevelQueue;
  readonly pages: readonly PageBuilder[];
}

/** What is to be written with the next group, and what is to be told once it is. */
export class Gathering {
  readonly #blocks: Blocks;
  readonly #retained: RetainedRows;
  readonly #streams: Streams;
  #operations: Operation[] = [];
  #queues: LevelQueue[] = [];
  #changes = 0;
  #bytes = 0;
  /** Of the group under way. */
  #pages: WrittenPages[] = [];

  constructor(blocks: Blocks, retained: RetainedRows, streams: Streams) {
    this.#blocks = blocks;
    this.#retained = retained;
    this.#streams = streams;
  }

  get waiting(): Waiting {
    return {
      waiting: this.#changes + this.#retained.waiting,
      waitingBytes: this.#bytes + this.#retained.waitingBytes,
    };
  }

  add(operation: Operation): void {
    this.#operations.push(operation);
    this.count(1, sizeOf(operation));
  }

  /** The queue is asked for its rows when the group is taken. */
  addQueue(queue: LevelQueue): void {
    this.#queues.push(queue);
  }

  /** Counts what is gathered elsewhere. */
  count(changes: number, bytes: number): void {
    this.#changes += changes;
    this.#bytes += bytes;
  }

  take(): Gathered {
    const operations = this.#operations;
    const changes = this.waiting.waiting;
    for (const queue of this.#queues) this.#pages.push({ queue, pages: queue.take(operations) });
    for (const rows of [this.#blocks.take(), this.#retained.take()])
      for (const operation of rows) operations.push(operation);
    this.#streams.take();
    this.#operations = [];
    this.#queues = [];
    this.#changes = 0;
    this.#bytes = 0;
    return { operations, changes, bytes: bytesOf(operations) };
  }

  /** What was taken last is written. */
  written(): void {
    for (const { queue, pages } of this.#pages)
      for (const page of pages) {
        queue.written(page);
        page.recycle();
      }
    this.#pages = [];
    this.#retained.written();
    this.#streams.written();
  }
}

function bytesOf(operations: readonly Operation[]): number {
  let bytes = 0;
  for (const operation of operations) bytes += sizeOf(operation);
  return bytes;
}
