import type { StoredMessage } from "../../store.js";
import type { Row } from "../format/row.js";
import type { Changes, Moment } from "./changes.js";
import type { FilterRange } from "./filter-range.js";
import { LARGEST_PAGE, type RowReader } from "./row-reader.js";
import { topicOf } from "./topic-key.js";

/** Rows of a walk's first page, so that its first message comes soon, and of one after a stretch without a match. */
const FIRST_PAGE = 64;
const SMALLEST_PAGE = 16;

/** A row of the database, and what was written to it while it was read. */
export interface CurrentRow extends Row {
  readonly newer?: { readonly message: StoredMessage | undefined };
}

export interface CurrentPage {
  readonly rows: readonly CurrentRow[];
  /** No row of the range follows. */
  readonly ended: boolean;
  /** The page is current as long as this is. */
  readonly version: number;
}

/** The rows as they are at each moment: those in the database, under the changes that are not there yet. */
export class CurrentRows {
  readonly #reader: RowReader;
  readonly #changes: Changes;

  constructor(reader: RowReader, changes: Changes) {
    this.#reader = reader;
    this.#changes = changes;
  }

  /** Rises with every group that is written. */
  get version(): number {
    return this.#changes.version;
  }

  /** The message of one topic. */
  async read(topic: string): Promise<StoredMessage | undefined> {
    const changes = this.#changes.of(topic);
    if (changes) return changes.get(topic);
    const since = this.#changes.remember();
    try {
      const row = await this.#reader.row(topic);
      const newer = this.#changes.of(topic, since);
      if (newer) return newer.get(topic);
      return row && this.#reader.decode(row);
    } finally {
      this.#changes.forget();
    }
  }

  async page(gte: Buffer, lt: Buffer, size: number): Promise<CurrentPage> {
    const since = this.#changes.remember();
    try {
      const { rows, ended } = await this.#reader.page(gte, lt, size);
      const current = since.group ? rows.map((row) => this.#overtaken(row, since)) : rows;
      return { rows: current, ended, version: this.version };
    } finally {
      this.#changes.forget();
    }
  }

  /** The message of a row whose page is current. */
  message(row: CurrentRow): StoredMessage | undefined {
    const topic = topicOf(row.key);
    const changes = this.#changes.of(topic);
    if (changes) return changes.get(topic);
    return row.newer ? row.newer.message : this.#reader.decode(row);
  }

  /** Matches in the order of their keys, past what cannot match, from a key on. */
  async *walk(range: FilterRange, from = range.start): AsyncGenerator<StoredMessage, void, void> {
    let size = FIRST_PAGE;
    for (let at: Buffer | undefined = from.compare(range.start) > 0 ? from : range.start; at; ) {
      const { rows, ended, version } = await this.page(at, range.end, size);
      const { found, next, unfit } = range.pick(rows);
      const stale = yield* this.#give(found, version);
      at = stale ? stale.key : ended ? undefined : next;
      // A page that ends among rows without a match is followed by a leap, of which only the next few rows are known to be of use.
      if (stale) size = Math.max(SMALLEST_PAGE, size >> 1);
      else size = unfit * 2 > rows.length ? FIRST_PAGE : Math.min(size * 2, LARGEST_PAGE);
    }
  }

  #overtaken(row: Row, since: Moment): CurrentRow {
    const topic = topicOf(row.key);
    const newer = this.#changes.of(topic, since);
    return newer ? { ...row, newer: { message: newer.get(topic) } } : row;
  }

  /** Ends with the first row that waited for a slow reader until newer ones may have been written. */
  *#give(
    rows: readonly CurrentRow[],
    version: number,
  ): Generator<StoredMessage, CurrentRow | undefined, void> {
    for (const row of rows) {
      if (version !== this.version) return row;
      const message = this.message(row);
      if (message) yield message;
    }
    return undefined;
  }
}
