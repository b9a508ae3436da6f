import type { Counters } from "./counters.js";
import { Recency, Recent } from "./recency.js";
import type { Value } from "./value.js";

class Entry extends Recent {
  constructor(
    readonly channel: string,
    /** Undefined: the value was cleared while retained messages are being read, one of which may be the cleared one. */
    public value: Value | undefined,
    readonly topic: string,
    /** Which update of the store it was. */
    public update: number,
  ) {
    super();
  }
}

/** The last value of every topic, by channel. At the bound the topic that was updated longest ago goes. */
export class LastValues {
  readonly #limit: number;
  readonly #counters: Counters;
  readonly #dropped: () => void;
  readonly #channels = new Map<string, Map<string, Entry>>();
  readonly #recency = new Recency<Entry>();
  readonly #cleared = new Set<Entry>();
  #size = 0;
  #updates = 0;
  #seeding = false;

  constructor(limit: number, counters: Counters, dropped: () => void) {
    this.#limit = limit;
    this.#counters = counters;
    this.#dropped = dropped;
  }

  /** A live value: the newest there is. */
  set(channel: string, value: Value): void {
    value.keep();
    const known = this.#channels.get(channel)?.get(value.topic);
    if (!known) {
      this.#add(channel, value.topic, value);
      return;
    }
    known.value = value;
    known.update = ++this.#updates;
    this.#cleared.delete(known);
    this.#recency.touch(known);
  }

  /** The topic has no value any more. */
  clear(channel: string, topic: string): void {
    const known = this.#channels.get(channel)?.get(topic);
    if (!this.#seeding) {
      if (known) this.#remove(known);
      return;
    }
    const entry = known ?? this.#add(channel, topic, undefined);
    entry.value = undefined;
    this.#cleared.add(entry);
  }

  beginSeeding(): void {
    this.#seeding = true;
  }

  /** A retained value: only where no live message has said anything. False when there is room for no more. */
  seed(channel: string, value: Value): boolean {
    if (this.#channels.get(channel)?.has(value.topic)) return true;
    // What is beyond the bound would only push out what has just been read.
    if (this.#size >= this.#limit) {
      this.#countDrop();
      return false;
    }
    value.keep();
    this.#add(channel, value.topic, value);
    return true;
  }

  endSeeding(): void {
    this.#seeding = false;
    for (const entry of this.#cleared) this.#remove(entry);
  }

  /**
   * The values as they are now. It may be read slowly: a value that is updated meanwhile is left out, since whoever reads has been
   * given the newer one live.
   */
  snapshot(channel: string): Iterable<Value> {
    const entries = this.#channels.get(channel);
    return entries ? unchanged(entries, this.#updates) : [];
  }

  /** Forgets everything. */
  close(): void {
    this.#counters.topics -= this.#size;
    this.#size = 0;
    this.#seeding = false;
    this.#channels.clear();
    this.#cleared.clear();
    this.#recency.clear();
  }

  #add(channel: string, topic: string, value: Value | undefined): Entry {
    if (this.#size >= this.#limit) this.#dropOldest();
    const entry = new Entry(channel, value, topic, ++this.#updates);
    let topics = this.#channels.get(channel);
    if (!topics) {
      topics = new Map();
      this.#channels.set(channel, topics);
    }
    topics.set(topic, entry);
    this.#recency.touch(entry);
    this.#size++;
    this.#counters.topics++;
    return entry;
  }

  #dropOldest(): void {
    const oldest = this.#recency.oldest;
    if (!oldest) return;
    this.#remove(oldest);
    this.#countDrop();
  }

  #countDrop(): void {
    this.#counters.topicsDropped++;
    this.#dropped();
  }

  #remove(entry: Entry): void {
    const topics = this.#channels.get(entry.channel);
    topics?.delete(entry.topic);
    if (topics?.size === 0) this.#channels.delete(entry.channel);
    this.#recency.remove(entry);
    this.#cleared.delete(entry);
    this.#size--;
    this.#counters.topics--;
  }
}

function* unchanged(entries: ReadonlyMap<string, Entry>, until: number): Generator<Value, void, undefined> {
  for (const { value, update } of entries.values()) if (value && update <= until) yield value;
}
