import type { Previous } from "../gateway/map-update.js";
import type { Counters } from "./counters.js";
import { newEpoch } from "./epoch.js";
import { Recency, Recent } from "./recency.js";
import type { Value } from "./value.js";

/** What is known of one topic of one channel. */
export interface Held {
  readonly topic: string;
  /** Undefined: it was removed. */
  readonly value: Value | undefined;
  /** Which update of the store it was. */
  readonly update: number;
}

class Entry extends Recent implements Held {
  value: Value | undefined;
  update = 0;

  constructor(
    readonly channel: string,
    readonly topic: string,
  ) {
    super();
  }
}

/** Called when a value is given up at the bound, with the number of that update. */
export type Dropped = (channel: string, topic: string, update: number) => void;

/**
 * The last value of every topic, by channel. At the bound the topic that was updated longest ago goes. Every change has a number,
 * and what was removed is remembered for a while, so that one can tell what has changed since.
 */
export class LastValues {
  readonly #limit: number;
  readonly #counters: Counters;
  readonly #dropped: Dropped;
  readonly #channels = new Map<string, Map<string, Entry>>();
  readonly #recency = new Recency<Entry>();
  /** Removed topics, at most as many as there may be values. */
  readonly #removed = new Recency<Entry>();
  #epoch = newEpoch();
  #size = 0;
  #removedSize = 0;
  #updates = 0;
  /** Of removals up to this update not all are remembered. */
  #forgotten = 0;
  #seeding = false;
  /** What was {@link #forgotten} when the seeding began. */
  #forgottenBefore = 0;

  constructor(limit: number, counters: Counters, dropped: Dropped) {
    this.#limit = limit;
    this.#counters = counters;
    this.#dropped = dropped;
  }

  /** Numbers of updates have nothing to do with those of another epoch. */
  get epoch(): string {
    return this.#epoch;
  }

  /** The number of the last update. */
  get updates(): number {
    return this.#updates;
  }

  /** What is held of a topic now, with the number of the update that brought it. */
  valueOf(channel: string, topic: string): Previous | undefined {
    const known = this.#channels.get(channel)?.get(topic);
    return known?.value && { content: known.value, offset: known.update };
  }

  /** A live value: the newest there is. Gives the number of the update. */
  set(channel: string, value: Value): number {
    value.keep();
    const known = this.#channels.get(channel)?.get(value.topic);
    if (known?.value !== undefined) this.#recency.touch(known);
    this.#write(known ?? this.#entry(channel, value.topic), value);
    return this.#updates;
  }

  /** The topic has no value any more. Gives the number of the update; undefined when there was none to remove. */
  clear(channel: string, topic: string): number | undefined {
    const known = this.#channels.get(channel)?.get(topic);
    if (known?.value === undefined && (known || !this.#seeding)) return undefined;
    // While retained messages are being read, one of them may be the cleared one.
    this.#bury(known ?? this.#entry(channel, topic));
    return this.#updates;
  }

  beginSeeding(): void {
    this.#seeding = true;
    this.#forgottenBefore = this.#forgotten;
  }

  /** A retained value: only where no live message has said anything. False when there is room for no more. */
  seed(channel: string, value: Value): boolean {
    if (this.#channels.get(channel)?.has(value.topic)) return true;
    // What is beyond the bound would only push out what has just been read. And once something has been forgotten, nobody can tell
    // whether this was removed or replaced a moment ago.
    if (this.#size >= this.#limit || this.#forgotten > this.#forgottenBefore) {
      this.#counters.topicsDropped++;
      this.#dropped(channel, value.topic, this.#updates);
      return false;
    }
    value.keep();
    this.#write(this.#entry(channel, value.topic), value);
    return true;
  }

  endSeeding(): void {
    this.#seeding = false;
  }

  /**
   * The values as they are now. It may be read slowly: a value that is updated meanwhile is left out, since whoever reads has been
   * given the newer one live.
   */
  snapshot(channel: string): Iterable<Value> {
    return unchanged(this.held(channel), this.#updates);
  }

  /** What is known of the channel's topics, in no order. It may be read slowly, and shows what is true when it is read. */
  held(channel: string): Iterable<Held> {
    return this.#channels.get(channel)?.values() ?? [];
  }

  /** What changed after an update, in the order of the changes; undefined when not all of it is known. */
  changedSince(channel: string, update: number): Held[] | undefined {
    if (update < this.#forgotten || update > this.#updates) return undefined;
    const changed: Held[] = [];
    for (const held of this.held(channel)) if (held.update > update) changed.push(held);
    return changed.sort((a, b) => a.update - b.update);
  }

  /** Forgets everything. */
  close(): void {
    this.#counters.topics -= this.#size;
    this.#counters.removedTopics -= this.#removedSize;
    this.#size = 0;
    this.#removedSize = 0;
    this.#forgotten = 0;
    this.#epoch = newEpoch();
    this.#seeding = false;
    this.#channels.clear();
    this.#recency.clear();
    this.#removed.clear();
  }

  /** An entry of a topic that has none. */
  #entry(channel: string, topic: string): Entry {
    const entry = new Entry(channel, topic);
    const topics = this.#channels.get(channel);
    if (topics) topics.set(topic, entry);
    else this.#channels.set(channel, new Map([[topic, entry]]));
    return entry;
  }

  #write(entry: Entry, value: Value): void {
    if (entry.value === undefined) {
      if (entry.update > 0) this.#removedCount(-1);
      if (this.#size >= this.#limit) this.#dropOldest();
      this.#count(1);
      this.#recency.touch(entry);
    }
    entry.value = value;
    entry.update = ++this.#updates;
  }

  #bury(entry: Entry): void {
    if (entry.value !== undefined) this.#count(-1);
    entry.value = undefined;
    entry.update = ++this.#updates;
    this.#removed.touch(entry);
    this.#removedCount(1);
    if (this.#removedSize > this.#limit) this.#forgetOldest();
  }

  #dropOldest(): void {
    const oldest = this.#recency.oldest;
    if (!oldest) return;
    this.#bury(oldest);
    this.#counters.topicsDropped++;
    this.#dropped(oldest.channel, oldest.topic, this.#updates);
  }

  #forgetOldest(): void {
    const oldest = this.#removed.oldest;
    if (!oldest) return;
    this.#forgotten = oldest.update;
    this.#removed.remove(oldest);
    this.#removedCount(-1);
    const topics = this.#channels.get(oldest.channel);
    topics?.delete(oldest.topic);
    if (topics?.size === 0) this.#channels.delete(oldest.channel);
  }

  #count(more: number): void {
    this.#size += more;
    this.#counters.topics += more;
  }

  #removedCount(more: number): void {
    this.#removedSize += more;
    this.#counters.removedTopics += more;
  }
}

function* unchanged(held: Iterable<Held>, until: number): Generator<Value, void, undefined> {
  for (const { value, update } of held) if (value && update <= until) yield value;
}
