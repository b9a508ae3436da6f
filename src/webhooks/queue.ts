import type { EventStore } from "./event-store.js";

/** Events that are read in one go at the start. */
const PAGE = 1_000;
const PAGE_BYTES = 1024 * 1024;

export interface QueuedEvent {
  readonly offset: number;
  readonly event: Buffer;
}

export interface QueueBounds {
  readonly events: number;
  readonly size: number;
}

export interface EventQueueParts {
  /** The name of its stream. */
  readonly stream: string;
  readonly store: EventStore;
  readonly bounds: QueueBounds;
  /** So many events were given up at the bounds, the oldest, or one that is too large. */
  onDrop(events: number): void;
}

/** The events that wait for one receiver, in memory; they are written to a stream as well, from which a restart takes them. */
export class EventQueue {
  readonly #parts: EventQueueParts;
  #events: QueuedEvent[] = [];
  /** Those at the front that are gone. */
  #gone = 0;
  #bytes = 0;
  #next = 1;
  /** Events that were not written, since the store was too far behind. */
  unstored = 0;

  constructor(parts: EventQueueParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#events.length - this.#gone;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes over what an earlier run left; `last` is the last offset that was given. */
  async load(last: number): Promise<void> {
    const { store, stream } = this.#parts;
    for (let after = -1; after < last; after = this.#events.at(-1)?.offset ?? last) {
      const entries = await store.readStream(stream, after, PAGE, PAGE_BYTES);
      if (entries.length === 0) break;
      for (const { offset, entry } of entries) this.#push({ offset, event: entry });
    }
    // What is left of a stream without events are those that were lost.
    if (this.count === 0) store.dropStream(stream);
    else this.#next = last + 1;
    this.#keepBounds();
  }

  add(event: Buffer): void {
    const { store, stream, bounds, onDrop } = this.#parts;
    if (event.length > bounds.size) {
      onDrop(1);
      return;
    }
    const offset = this.#next++;
    // A disk that does not keep up must not make what waits for it grow, and the receiver may be quicker.
    if (store.behind) this.unstored++;
    else store.append(stream, offset, event);
    this.#push({ offset, event });
    this.#keepBounds();
  }

  /** The oldest events: so many, and the one with which they would exceed the size is not among them unless it is the first. */
  head(most: number, mostBytes: number): QueuedEvent[] {
    const end = Math.min(this.#gone + most, this.#events.length);
    let bytes = 0;
    let at = this.#gone;
    for (; at < end; at++) {
      bytes += this.#events[at]?.event.length ?? 0;
      if (bytes > mostBytes && at > this.#gone) break;
    }
    return this.#events.slice(this.#gone, at);
  }

  /** Whether the event with this offset is the oldest. */
  beginsWith(offset: number | undefined): boolean {
    return this.#events[this.#gone]?.offset === offset;
  }

  /** Takes out the events up to this offset. */
  remove(upTo: number): void {
    while (this.count > 0 && (this.#events[this.#gone]?.offset ?? 0) <= upTo) this.#shift();
    this.#parts.store.trim(this.#parts.stream, upTo);
  }

  #push(entry: QueuedEvent): void {
    this.#events.push(entry);
    this.#bytes += entry.event.length;
  }

  #keepBounds(): void {
    const { events, size } = this.#parts.bounds;
    let dropped = 0;
    let last = 0;
    for (; this.count > events || this.#bytes > size; dropped++) last = this.#shift();
    if (dropped === 0) return;
    this.#parts.store.trim(this.#parts.stream, last);
    this.#parts.onDrop(dropped);
  }

  /** The offset of the event that was the oldest. */
  #shift(): number {
    const { offset, event } = this.#events[this.#gone++] as QueuedEvent;
    this.#bytes -= event.length;
    if (this.#gone * 2 > this.#events.length) {
      this.#events.splice(0, this.#gone);
      this.#gone = 0;
    }
    return offset;
  }
}
