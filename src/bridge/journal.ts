import type { Position } from "../gateway/channels.js";
import type { BusMessage } from "./bus.js";
import { decodeEntry, encodeEntry } from "./journal-entry.js";
import { Value } from "./value.js";

/** What the journal needs of a store: ordered entries by name, written with what is asked for beside them. */
export interface Streams {
  append(stream: string, offset: number, entry: Buffer): void;
  trim(stream: string, upTo: number): void;
  dropStream(stream: string): void;
  streams(): AsyncIterable<{ readonly name: string; readonly first: number; readonly last: number }>;
  readStream(
    stream: string,
    after: number,
    limit: number,
    mostBytes?: number,
  ): Promise<readonly { readonly offset: number; readonly entry: Buffer }[]>;
}

/** A history as it was written. */
export interface Recorded {
  readonly position: Position;
  /** Oldest first; the last one is that of the position. */
  readonly values: readonly Value[];
}

/** Who keeps the histories of some channels. */
export interface Keeper {
  restore(channel: string, recorded: Recorded): void;
}

/** Other parts of the server have streams, too. */
const PREFIX = "history:";
/** Entries that are read at a time, and about how many bytes. */
const PAGE = 1_000;
const PAGE_BYTES = 1024 ** 2;

/** The histories that survive a restart: a stream of the store for each channel. */
export class Journal {
  readonly #streams: Streams;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  append(channel: string, { epoch, offset }: Position, message: BusMessage): void {
    this.#streams.append(PREFIX + channel, offset, encodeEntry(epoch, Date.now(), message));
  }

  trim(channel: string, upTo: number): void {
    this.#streams.trim(PREFIX + channel, upTo);
  }

  drop(channel: string): void {
    this.#streams.dropStream(PREFIX + channel);
  }

  /**
   * Gives every history to whoever keeps that channel's. What nobody keeps, or cannot be gone on from, is dropped; their channels
   * are the result.
   */
  async restore(keeperOf: (channel: string) => Keeper | undefined): Promise<string[]> {
    const dropped: string[] = [];
    for await (const { name, ...ends } of this.#streams.streams()) {
      if (!name.startsWith(PREFIX)) continue;
      const channel = name.slice(PREFIX.length);
      const keeper = keeperOf(channel);
      const recorded = keeper && (await this.#read(channel, ends));
      if (recorded) keeper.restore(channel, recorded);
      else dropped.push(channel);
    }
    for (const channel of dropped) this.drop(channel);
    return dropped;
  }

  /** What is whole of a history, up to its end; undefined when the end is not. */
  async #read(
    channel: string,
    { first, last }: { first: number; last: number },
  ): Promise<Recorded | undefined> {
    let epoch = "";
    let next = first;
    let values: Value[] = [];
    while (next <= last) {
      const page = await this.#streams.readStream(PREFIX + channel, next - 1, PAGE, PAGE_BYTES);
      if (page.length === 0) return undefined;
      for (const { offset, entry } of page) {
        const read = decodeEntry(entry);
        // What comes before a hole, or belongs to another epoch, cannot be gone on from.
        if (offset !== next || read.epoch !== epoch) values = [];
        epoch = read.epoch;
        next = offset + 1;
        values.push(new Value(read.message, read.time));
      }
    }
    return values.length === 0 ? undefined : { position: { epoch, offset: last }, values };
  }
}
