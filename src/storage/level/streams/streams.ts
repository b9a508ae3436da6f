import { isUtf8 } from "node:buffer";
import type { Level } from "level";
import type { StoredStream, StreamEntry } from "../../store.js";
import {
  clientEnd,
  clientRange,
  hasSequence,
  isClientKey,
  Kind,
  kindRange,
  readClientKey,
  readSequence,
  streamKey,
} from "../format/keys.js";
import { isIntact } from "../format/row.js";
import { decodeEntry, encodeEntry } from "../format/stream-entry.js";
import type { Operation } from "../operation.js";
import { Offsets } from "./offsets.js";

/** Rows that are read in one go, unless they are large. */
const ROWS = 1_000;
const ROWS_BYTES = 256 * 1024;

type Database = Level<Buffer, Buffer>;

export interface StreamsContext {
  level(): Database | Promise<Database>;
  /** Adds to the group that is gathered now. */
  add(operation: Operation): void;
  onDamage(key: Buffer): void;
}

/** The streams: a row for each entry, and in memory which there are. */
export class Streams {
  readonly #context: StreamsContext;
  readonly #streams = new Map<string, Offsets>();
  #entries = 0;
  /** Those removed in the group that is gathered, and in the one under way: what the database has of them is not theirs. */
  #removed = new Set<string>();
  #removing: ReadonlySet<string> = new Set();

  constructor(context: StreamsContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#streams.size;
  }

  get entries(): number {
    return this.#entries;
  }

  /** Learns which there are. To be called before anything is written to the database. */
  async load(): Promise<void> {
    const level = await this.#context.level();
    const iterator = level.keys({ ...kindRange(Kind.stream), highWaterMarkBytes: ROWS_BYTES });
    try {
      for (let keys = await iterator.nextv(ROWS); keys.length > 0; keys = await iterator.nextv(ROWS))
        for (const key of keys)
          if (isEntryKey(key)) this.#push(readClientKey(key).clientId, readSequence(key));
          else this.#context.onDamage(key);
    } finally {
      await iterator.close();
    }
  }

  append(name: string, offset: number, entry: Buffer): void {
    const last = this.#streams.get(name)?.last ?? -1;
    if (!Number.isSafeInteger(offset) || offset <= last)
      throw new RangeError(`offset ${offset} of the stream ${JSON.stringify(name)} does not follow ${last}`);
    const key = streamKey(name, offset);
    this.#context.add({ type: "put", key, value: encodeEntry(key, entry) });
    this.#push(name, offset);
  }

  trim(name: string, upTo: number): void {
    const offsets = this.#streams.get(name);
    if (!offsets) return;
    const taken = offsets.take(upTo);
    this.#entries -= taken.length;
    for (const offset of taken) this.#context.add({ type: "del", key: streamKey(name, offset) });
    if (offsets.count > 0) return;
    this.#streams.delete(name);
    this.#removed.add(name);
  }

  *list(): Generator<StoredStream> {
    for (const [name, { first = 0, last = 0, count }] of this.#streams)
      yield { name, first, last, entries: count };
  }

  async read(name: string, from: number, limit: number, mostBytes: number): Promise<StreamEntry[]> {
    const offsets = this.#streams.get(name);
    if (!offsets || this.#removed.has(name) || this.#removing.has(name)) return [];
    const start = Math.max(from, offsets.first ?? 0);
    const found = start <= (offsets.last ?? 0) ? await this.#find(name, start, limit, mostBytes) : [];
    // It may be another stream of that name by now.
    return this.#streams.get(name) === offsets ? found : [];
  }

  /** What was gathered is being written. */
  take(): void {
    this.#removing = this.#removed;
    if (this.#removed.size > 0) this.#removed = new Set();
  }

  /** What was taken is in the database. */
  written(): void {
    if (this.#removing.size > 0) this.#removing = new Set();
  }

  #push(name: string, offset: number): void {
    let offsets = this.#streams.get(name);
    if (!offsets) {
      offsets = new Offsets();
      this.#streams.set(name, offsets);
    }
    offsets.push(offset);
    this.#entries++;
  }

  async #find(name: string, start: number, limit: number, mostBytes: number): Promise<StreamEntry[]> {
    const found: StreamEntry[] = [];
    let bytes = 0;
    const range = { gte: streamKey(name, start), lt: clientRange(Kind.stream, name).lt };
    const level = await this.#context.level();
    const iterator = level.iterator({ ...range, highWaterMarkBytes: ROWS_BYTES });
    try {
      while (found.length < limit && bytes < mostBytes) {
        const rows = await iterator.nextv(Math.min(ROWS, limit - found.length));
        if (rows.length === 0) break;
        for (const [key, value] of rows) {
          const entry = this.#entry(key, value);
          if (entry === undefined) continue;
          found.push({ offset: readSequence(key), entry });
          bytes += entry.length;
          if (bytes >= mostBytes) break;
        }
      }
    } finally {
      await iterator.close();
    }
    return found;
  }

  /** Undefined: it is damaged or lost. */
  #entry(key: Buffer, value: Buffer): Buffer | undefined {
    if (hasSequence(key) && isIntact(key, value)) return decodeEntry(value);
    this.#context.onDamage(key);
    return undefined;
  }
}

function isEntryKey(key: Buffer): boolean {
  return isClientKey(key) && hasSequence(key) && isUtf8(key.subarray(3, clientEnd(key)));
}
