import type { StoredMessage } from "../../store.js";
import { after } from "../format/keys.js";
import type { Operation } from "../operation.js";
import { Changes } from "./changes.js";
import { CurrentRows } from "./current-rows.js";
import { FilterRange } from "./filter-range.js";
import { LARGEST_PAGE, RowReader, type RowReaderOptions } from "./row-reader.js";
import { END_KEY, FIRST_KEY, topicKey } from "./topic-key.js";
import { TopicSet } from "./topic-set.js";

export interface RetainedOptions extends RowReaderOptions {
  readonly maxRetained: number;
}

/** A sweep reads the messages as well, and large ones are not to keep the disk busy. */
const MOST_SWEPT_BYTES = 4 * 1024 * 1024;

/** The retained messages: one row for each topic, and what is to be written to them. */
export class RetainedRows {
  readonly #maxRetained: number;
  readonly #changes = new Changes();
  readonly #reader: RowReader;
  readonly #rows: CurrentRows;
  /** Topics as they will be when all changes are written. */
  #topics = new TopicSet();
  #sweepAt: Buffer = FIRST_KEY;

  constructor(options: RetainedOptions) {
    this.#maxRetained = options.maxRetained;
    this.#reader = new RowReader(options);
    this.#rows = new CurrentRows(this.#reader, this.#changes);
  }

  get size(): number {
    return this.#topics.size;
  }

  /** Changes that have not been taken. */
  get waiting(): number {
    return this.#changes.waiting;
  }

  /** About what they take, in topics and payloads. */
  get waitingBytes(): number {
    return this.#changes.waitingBytes;
  }

  /** Learns which topics there are. To be called before anything is written to the database. */
  async load(): Promise<void> {
    const topics = new TopicSet();
    for await (const names of this.#reader.topics()) for (const topic of names) topics.add(topic);
    for (const [topic, message] of this.#changes.pending())
      if (message) topics.add(topic);
      else topics.delete(topic);
    this.#topics = topics;
  }

  /** False: the topic is new, and there are as many as there may be. */
  put(message: StoredMessage): boolean {
    if (this.#topics.size < this.#maxRetained) this.#topics.add(message.topic);
    else if (!this.#topics.has(message.topic)) return false;
    this.#changes.set(message.topic, message);
    return true;
  }

  /** Whether there was one. */
  remove(topic: string): boolean {
    if (!this.#topics.delete(topic)) return false;
    this.#changes.set(topic, undefined);
    return true;
  }

  /** What is to be written now. To be called again only when that is `written`. */
  take(): Operation[] {
    return this.#changes.take();
  }

  /** What was taken is in the database. */
  written(): void {
    this.#changes.written();
  }

  /** Messages whose topics match the filter, each topic once, as it stands when it is given. Holds nothing open meanwhile. */
  async *find(filter: string): AsyncGenerator<StoredMessage, void, void> {
    if (!/[+#]/.test(filter)) {
      const message = await this.#read(filter);
      if (message) yield message;
      return;
    }
    const added = this.#changes.added(filter);
    for (const topic of added) {
      const message = await this.#read(topic);
      if (message) yield message;
    }
    for await (const message of this.#rows.walk(new FilterRange(filter)))
      if (!added.has(message.topic)) yield message;
  }

  /** The same in the order of the keys, from after a topic on. */
  async *findAfter(filter: string, topic: string): AsyncGenerator<StoredMessage, void, void> {
    const start = topicKey(topic);
    if (!/[+#]/.test(filter)) {
      if (topicKey(filter).compare(start) > 0) yield* this.find(filter);
      return;
    }
    const added = this.#changes.added(filter);
    const waiting = [...added].filter((name) => topicKey(name).compare(start) > 0).sort(byKey);
    let next = 0;
    for await (const message of this.#rows.walk(new FilterRange(filter), after(start))) {
      if (added.has(message.topic)) continue;
      for (; next < waiting.length && byKey(waiting[next] as string, message.topic) < 0; next++)
        yield* this.find(waiting[next] as string);
      yield message;
    }
    for (; next < waiting.length; next++) yield* this.find(waiting[next] as string);
  }

  /** Goes through the next `limit` rows and removes messages taken before `time`. How many were removed. */
  async sweep(time: number, limit: number): Promise<number> {
    let removed = 0;
    let bytes = 0;
    for (let left = limit; left > 0 && bytes < MOST_SWEPT_BYTES; ) {
      const size = Math.min(left, LARGEST_PAGE);
      const { rows, ended, version } = await this.#rows.page(this.#sweepAt, END_KEY, size);
      if (version !== this.#rows.version) break; // the next sweep reads them again
      for (const row of rows) {
        bytes += row.value.length;
        const message = this.#rows.message(row);
        if (message && message.time < time && this.remove(message.topic)) removed++;
      }
      const last = rows.at(-1);
      this.#sweepAt = ended || !last ? FIRST_KEY : after(last.key);
      left -= rows.length;
      if (ended) break;
    }
    return removed;
  }

  /** Nothing is read for a topic that is not there. */
  async #read(topic: string): Promise<StoredMessage | undefined> {
    return this.#topics.has(topic) ? this.#rows.read(topic) : undefined;
  }
}

function byKey(one: string, other: string): number {
  return topicKey(one).compare(topicKey(other));
}
