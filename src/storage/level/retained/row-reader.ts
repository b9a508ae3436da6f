import type { Level } from "level";
import type { StoredMessage } from "../../store.js";
import { decodeMessage } from "../format/records.js";
import { contentOf, isIntact, type Row } from "../format/row.js";
import { END_KEY, FIRST_KEY, topicKey, topicOf, topicOfText } from "./topic-key.js";

/** Rows of a page at most. */
export const LARGEST_PAGE = 1000;
/** A page ends with the row that reaches this, so whoever holds one holds about this much. */
const PAGE_BYTES = 32 * 1024;
const KEYS_PAGE_BYTES = 256 * 1024;

export interface Page {
  readonly rows: readonly Row[];
  /** No row of the range follows. */
  readonly ended: boolean;
}

export interface RowReaderOptions {
  /** The database of now: it may be closed, and another one opened in its place. */
  level(): Level<Buffer, Buffer> | Promise<Level<Buffer, Buffer>>;
  /** The row of this topic is damaged. */
  onDamage(topic: string): void;
}

/** Reads rows of topics from the database, a page at a time, and holds nothing open between pages. */
export class RowReader {
  readonly #options: RowReaderOptions;

  constructor(options: RowReaderOptions) {
    this.#options = options;
  }

  /** All topics, many at a time. */
  async *topics(): AsyncGenerator<string[], void, void> {
    const level = await this.#options.level();
    const iterator = level.keys<string>({
      gte: FIRST_KEY.toString(),
      lt: END_KEY.toString(),
      keyEncoding: "utf8", // strings are had at half the cost of buffers
      highWaterMarkBytes: KEYS_PAGE_BYTES,
    });
    try {
      for (;;) {
        const keys = await iterator.nextv(LARGEST_PAGE);
        if (keys.length === 0) return;
        yield keys.map(topicOfText);
      }
    } finally {
      await iterator.close();
    }
  }

  async row(topic: string): Promise<Row | undefined> {
    const key = topicKey(topic);
    const level = await this.#options.level();
    const value = await level.get(key);
    return value && { key, value };
  }

  /** Rows from `gte` on, of one moment not before this is called. */
  async page(gte: Buffer, lt: Buffer, size: number): Promise<Page> {
    const level = await this.#options.level();
    const iterator = level.iterator({ gte, lt, highWaterMarkBytes: PAGE_BYTES });
    const rows: Row[] = [];
    let bytes = 0;
    try {
      while (rows.length < size && bytes <= PAGE_BYTES) {
        const entries = await iterator.nextv(size - rows.length);
        if (entries.length === 0) return { rows, ended: true };
        for (const [key, value] of entries) {
          rows.push({ key, value });
          bytes += key.length + value.length;
        }
      }
      return { rows, ended: false };
    } finally {
      await iterator.close();
    }
  }

  /** Undefined: the row is damaged, and that has been told. */
  decode({ key, value }: Row): StoredMessage | undefined {
    if (isIntact(key, value)) return decodeMessage(contentOf(value));
    this.#options.onDamage(topicOf(key));
    return undefined;
  }
}
