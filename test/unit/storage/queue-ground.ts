import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Level } from "level";
import { Blocks } from "../../../src/storage/level/blocks.js";
import { Kind, kindRange, readClientKey, readSequence } from "../../../src/storage/level/format/keys.js";
import type { Operation } from "../../../src/storage/level/operation.js";
import { PageReader, type PageRow } from "../../../src/storage/level/page-reader.js";
import { LevelQueue } from "../../../src/storage/level/queue.js";
import type { QueueState, StoredMessage, Unacknowledged } from "../../../src/storage/store.js";
import { messageWith } from "./hostile.js";

type Database = Level<Buffer, Buffer>;

/** Whose client has got messages up to a number, and has acknowledged all but some. */
export class State implements QueueState {
  passed = 0;
  open: number[] = [];

  get unacknowledged(): readonly Unacknowledged[] {
    return this.open.map((sequence) => ({ sequence, released: false }));
  }
}

/** A large message fills a page, so that each has one of its own. */
export const large = (fill: number): StoredMessage => messageWith({ payload: Buffer.alloc(20_000, fill) });

/** Knows how much is being read. */
class Reader extends PageReader {
  reading = 0;

  override async rows(clientId: string, from: number, limit: number): Promise<PageRow[]> {
    this.reading++;
    try {
      return await super.rows(clientId, from, limit);
    } finally {
      this.reading--;
    }
  }
}

/** Queues over a real database, whose groups are written when the test says so. */
export class QueueGround {
  readonly blocks = new Blocks();
  readonly failures: unknown[] = [];
  readonly damaged: object[] = [];
  readonly #level: Database;
  readonly #reader: Reader;
  #gathered: LevelQueue[] = [];
  #onGathered: () => void = () => undefined;

  private constructor(level: Database) {
    this.#level = level;
    this.#reader = new Reader({ level: () => level, onDamage: (what) => this.damaged.push(what) });
  }

  static async open(t: TestContext): Promise<QueueGround> {
    const path = await mkdtemp(join(tmpdir(), "causeway-queue-"));
    const level: Database = new Level(path, { keyEncoding: "buffer", valueEncoding: "buffer" });
    await level.open();
    t.after(async () => {
      await level.close();
      await rm(path, { recursive: true, force: true });
    });
    return new QueueGround(level);
  }

  queue(clientId: string): { queue: LevelQueue; state: State } {
    const queue = new LevelQueue(clientId, {
      blocks: this.blocks,
      reader: this.#reader,
      gather: (gathered) => {
        this.#gathered.push(gathered);
        this.#onGathered();
      },
      onFailure: (_client, error) => this.failures.push(error),
    });
    const state = new State();
    queue.owner = state;
    return { queue, state };
  }

  /** Puts one message into queues, each at the next of its numbers. */
  share(queues: readonly LevelQueue[], sequence: number): void {
    const reference = this.blocks.add(large(sequence));
    for (const queue of queues) queue.add(sequence, reference, 1, false);
  }

  /** Resolves when some queue has something for the next group. */
  async gathered(): Promise<void> {
    if (this.#gathered.length > 0) return;
    await new Promise<void>((resolve) => {
      this.#onGathered = resolve;
    });
  }

  get isIdle(): boolean {
    return this.#gathered.length === 0;
  }

  /** What the next group is made of, and what to do to have it written. */
  take(): { operations: Operation[]; write: () => Promise<void> } {
    const operations: Operation[] = [];
    const queues = this.#gathered;
    this.#gathered = [];
    const taken = queues.map((queue) => ({ queue, pages: queue.take(operations) }));
    operations.push(...this.blocks.take());
    return {
      operations,
      write: async () => {
        await this.#level.batch(operations);
        for (const { queue, pages } of taken)
          for (const page of pages) {
            queue.written(page);
            page.recycle();
          }
      },
    };
  }

  write(): Promise<void> {
    return this.take().write();
  }

  /** Writes groups until nothing is asked for any more and nothing is being read. */
  async settle(): Promise<void> {
    for (let isBusy = true; isBusy; isBusy = !this.isIdle || this.#reader.reading > 0) {
      await this.write();
      await turn();
    }
  }

  /** The first numbers of the pages on the disk. */
  async pages(clientId: string): Promise<number[]> {
    const keys = await this.#level.keys(kindRange(Kind.page)).all();
    return keys.filter((key) => readClientKey(key).clientId === clientId).map(readSequence);
  }

  async blockRows(): Promise<number> {
    return (await this.#level.keys(kindRange(Kind.block)).all()).length;
  }
}
