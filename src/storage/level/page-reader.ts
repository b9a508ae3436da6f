import type { Level } from "level";
import type { QueuedMessage, StoredMessage } from "../store.js";
import { BlockReader } from "./block-reader.js";
import { ByteCache } from "./byte-cache.js";
import { clientRange, hasSequence, Kind, pageKey, readSequence } from "./format/keys.js";
import { entriesOf, messageOf, type PageEntry } from "./format/page.js";
import { isIntact } from "./format/row.js";

/** Pages that are being read, in all. */
const MOST_PAGE_BYTES = 32 * 1024 * 1024;
/** Memory that an entry of a page takes besides its bytes, about. */
const ENTRY_BYTES = 200;

export interface PageRow {
  readonly first: number;
  /** Absent when the row is damaged. */
  readonly value?: Buffer;
}

interface Page {
  readonly first: number;
  readonly entries: readonly PageEntry[];
  readonly bytes: number;
}

/** A queue that is read. */
export interface ReadQueue {
  readonly clientId: string;
  /** A page of it has been read. */
  seen(first: number, value: Buffer): void;
}

export interface PageReaderContext {
  level(): Level<Buffer, Buffer> | Promise<Level<Buffer, Buffer>>;
  /** A row cannot be used; `what` says whose it is. */
  onDamage(what: { readonly client?: string; readonly block?: number; readonly sequence?: number }): void;
}

/** Reads messages of queues from the disk, a page at a time. */
export class PageReader {
  readonly #context: PageReaderContext;
  /** The page that each queue was last read from. */
  readonly #pages = new ByteCache<ReadQueue, Page>(MOST_PAGE_BYTES);
  readonly #blocks: BlockReader;

  constructor(context: PageReaderContext) {
    this.#context = context;
    this.#blocks = new BlockReader(context.level);
  }

  /** Messages after a sequence number, in order, at most `limit`, the last one that which reaches `mostBytes` of payload. */
  async read(
    queue: ReadQueue,
    after: number,
    limit: number,
    mostBytes = Number.POSITIVE_INFINITY,
  ): Promise<QueuedMessage[]> {
    const found: QueuedMessage[] = [];
    let next = after + 1;
    let bytes = 0;
    while (found.length < limit && bytes < mostBytes) {
      const page = this.#held(queue, next) ?? (await this.#find(queue, next));
      if (!page) break;
      next = Math.max(next, page.first);
      const end = Math.min(page.first + page.entries.length, next + limit - found.length);
      for (; next < end && bytes < mostBytes; next++) {
        const message = await this.#message(page.entries[next - page.first]);
        if (message) found.push({ sequence: next, message });
        else
          this.#context.onDamage({
            client: queue.clientId,
            sequence: next,
            ...blockOf(page.entries[next - page.first]),
          });
        bytes += message?.payload.length ?? 0;
      }
    }
    return found;
  }

  forget(queue: ReadQueue): void {
    this.#pages.delete(queue);
  }

  /** The page that begins with this number is being removed. */
  removed(queue: ReadQueue, first: number): void {
    if (this.#pages.get(queue)?.first === first) this.#pages.delete(queue);
  }

  /** Pages of a client from the one that begins with `from`, or the first after it. */
  async rows(clientId: string, from: number, limit: number): Promise<PageRow[]> {
    const range = { gte: pageKey(clientId, from), lt: clientRange(Kind.page, clientId).lt, limit };
    const level = await this.#context.level();
    const rows = await level.iterator(range).all();
    // A key without such a number is damaged, which was told at the start.
    return rows.filter(([key]) => hasSequence(key)).map(([key, value]) => this.#row(clientId, key, value));
  }

  #held(queue: ReadQueue, sequence: number): Page | undefined {
    const page = this.#pages.get(queue);
    return page && page.first <= sequence && sequence < page.first + page.entries.length ? page : undefined;
  }

  /** The page that holds the message, or the first after it. */
  async #find(queue: ReadQueue, sequence: number): Promise<Page | undefined> {
    const next = await this.#firstFrom(queue.clientId, sequence);
    // Reading on begins where the page before ended, which is where the next one begins.
    const last = this.#pages.get(queue);
    if (last && last.first + last.entries.length === sequence) return this.#hold(queue, next);
    // Looked for after the other one: whatever stands before that in the queue is on the disk by now.
    const before = this.#hold(queue, await this.#lastUpTo(queue.clientId, sequence));
    const holdsIt = before && before.first + before.entries.length > sequence;
    return holdsIt ? before : this.#hold(queue, next);
  }

  /** The first sound page that begins with this number or after it. */
  async #firstFrom(clientId: string, sequence: number): Promise<PageRow | undefined> {
    for (let from = sequence; ; ) {
      const [row] = await this.rows(clientId, from, 1);
      if (!row || row.value) return row;
      from = row.first + 1;
    }
  }

  /** The last page that begins with this number or before it. */
  async #lastUpTo(clientId: string, sequence: number): Promise<PageRow | undefined> {
    const range = { gte: clientRange(Kind.page, clientId).gte, lte: pageKey(clientId, sequence) };
    const level = await this.#context.level();
    for (const [key, value] of await level.iterator({ ...range, reverse: true, limit: 1 }).all())
      return this.#row(clientId, key, value);
    return undefined;
  }

  #row(clientId: string, key: Buffer, value: Buffer): PageRow {
    const first = readSequence(key);
    if (isIntact(key, value)) return { first, value };
    this.#context.onDamage({ client: clientId, sequence: first });
    return { first };
  }

  #hold(queue: ReadQueue, row: PageRow | undefined): Page | undefined {
    if (!row?.value) return undefined;
    const { first, value } = row;
    queue.seen(first, value);
    const entries = entriesOf(value);
    const page = { first, entries, bytes: value.length + ENTRY_BYTES * entries.length };
    this.#pages.set(queue, page);
    return page;
  }

  #message(entry: PageEntry | undefined): StoredMessage | undefined | Promise<StoredMessage | undefined> {
    if (entry?.record) return messageOf(entry, entry.record);
    return entry && this.#shared(entry);
  }

  async #shared(entry: PageEntry): Promise<StoredMessage | undefined> {
    const record = await this.#blocks.recordOf(entry);
    return record && messageOf(entry, record);
  }
}

/** The number of the block that a message stands in, if it does. */
function blockOf(entry: PageEntry | undefined): { block?: number } {
  return entry?.reference ? { block: entry.reference.block } : {};
}
