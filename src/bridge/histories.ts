import type { Position } from "../gateway/channels.js";
import type { BusMessage } from "./bus.js";
import type { Counters } from "./counters.js";
import { newEpoch } from "./epoch.js";
import { History } from "./history.js";
import type { Journal, Recorded } from "./journal.js";
import { Recency, Recent } from "./recency.js";
import type { Value } from "./value.js";

export interface HistoryLimits {
  /** Publications of one channel. */
  readonly size: number;
  /** How long a publication is kept, in ms. */
  readonly ttl: number;
  /** Bytes of all channels of the rule. */
  readonly bytes: number;
}

class Slot extends Recent {
  /** The offset that was recorded last, ahead of the history while records are being written. */
  recorded: number;
  /** Up to this offset the journal was trimmed. */
  trimmed: number;

  constructor(
    readonly channel: string,
    readonly history: History,
  ) {
    super();
    this.recorded = history.offset;
    this.trimmed = history.first - 1;
  }
}

/** Bytes of a history that holds nothing. */
const EMPTY_BYTES = 400;
/** The journal is trimmed when it holds so many publications more than the history: each is a row to be removed. */
const TRIM_STEP = 64;
/** Histories that are looked through for what has expired, at a time. */
const SWEEP = 2_000;

/** The histories of a rule's channels. At the bound in bytes the channel that was published to longest ago loses its own. */
export class Histories {
  readonly #limits: HistoryLimits;
  readonly #counters: Counters;
  /** Where publications are written before they become part of a history. */
  readonly #journal: Journal | undefined;
  readonly #slots = new Map<string, Slot>();
  readonly #recency = new Recency<Slot>();
  #bytes = 0;
  /**
   * Of histories that begin. One epoch for all channels, so that an empty one can be given up and begun again without anybody
   * noticing; another as soon as one is given up that has had something in it.
   */
  #epoch = newEpoch();
  #sweeping: Iterator<Slot> | undefined;

  constructor(limits: HistoryLimits, counters: Counters, journal?: Journal) {
    this.#limits = limits;
    this.#counters = counters;
    this.#journal = journal;
  }

  /** Whether publications have to be recorded before they are added. */
  get isRecorded(): boolean {
    return this.#journal !== undefined;
  }

  /** The history of a channel; an empty one begins when there is none. */
  of(channel: string): History {
    return (this.#slots.get(channel) ?? this.#begin(channel)).history;
  }

  /** Writes what will be added next: publications are added in the order of their records. */
  record(channel: string, message: BusMessage): void {
    const slot = this.#slots.get(channel) ?? this.#begin(channel);
    const { epoch } = slot.history.position;
    this.#journal?.append(channel, { epoch, offset: slot.recorded + 1 }, message);
    slot.recorded++;
  }

  /** Goes on with what an earlier run recorded. */
  restore(channel: string, { position, values }: Recorded): void {
    const slot = this.#begin(channel, { ...position, offset: position.offset - values.length });
    for (const value of values) this.#add(slot, value);
    slot.recorded = position.offset;
    this.#limit(slot);
  }

  /** Takes the channel's next publication. Gives its offset. */
  add(channel: string, value: Value): number {
    const slot = this.#slots.get(channel) ?? this.#begin(channel);
    this.#recency.touch(slot);
    const offset = this.#add(slot, value);
    this.#limit(slot);
    return offset;
  }

  /** Nobody listens to the channel: what was begun for a listener alone is not kept. */
  leave(channel: string): void {
    const slot = this.#slots.get(channel);
    if (slot?.recorded === 0 && slot.history.offset === 0) this.#end(slot);
  }

  /** Removes what has expired, of some of the histories: all of them have their turn. */
  sweep(now: number): void {
    this.#sweeping ??= this.#slots.values();
    for (let swept = 0; swept < SWEEP; swept++) {
      const next = this.#sweeping.next();
      if (next.done) {
        this.#sweeping = undefined;
        return;
      }
      this.#expire(next.value, now - this.#limits.ttl);
    }
  }

  /** Forgets everything; what was recorded stays. */
  close(): void {
    for (const slot of this.#slots.values()) this.#forget(slot);
    this.#epoch = newEpoch();
  }

  #begin(channel: string, { epoch, offset }: Position = { epoch: this.#epoch, offset: 0 }): Slot {
    const slot = new Slot(channel, new History({ epoch, offset }));
    this.#slots.set(channel, slot);
    this.#recency.touch(slot);
    this.#count(0, EMPTY_BYTES);
    return slot;
  }

  #add({ history }: Slot, value: Value): number {
    value.keep();
    this.#count(1, value.bytes);
    return history.add(value);
  }

  #limit(slot: Slot): void {
    while (slot.history.size > this.#limits.size) this.#removeOldest(slot);
    while (this.#bytes > this.#limits.bytes && this.#makeRoom(slot));
  }

  #expire(slot: Slot, before: number): void {
    const { history } = slot;
    for (let time = history.oldestTime; time !== undefined && time < before; time = history.oldestTime)
      this.#removeOldest(slot);
  }

  /** False when nothing is left to give up. */
  #makeRoom(newest: Slot): boolean {
    const oldest = this.#recency.oldest;
    // What is being recorded will be added, with the offset that was written.
    if (oldest && oldest !== newest && oldest.recorded <= oldest.history.offset) {
      this.#counters.historyDropped += oldest.history.size;
      this.#end(oldest);
      return true;
    }
    if (newest.history.size <= 1) return false;
    this.#counters.historyDropped++;
    this.#removeOldest(newest);
    return true;
  }

  #removeOldest(slot: Slot): void {
    const { history, channel } = slot;
    const before = history.bytes;
    history.removeOldest();
    this.#count(-1, history.bytes - before);
    // The newest record stays: it tells the next run where to go on.
    const upTo = Math.min(history.first, history.offset) - 1;
    if (upTo - slot.trimmed < TRIM_STEP) return;
    slot.trimmed = upTo;
    this.#journal?.trim(channel, upTo);
  }

  /** Gives a history up. */
  #end(slot: Slot): void {
    this.#forget(slot);
    if (slot.recorded > 0) this.#journal?.drop(slot.channel);
  }

  #forget(slot: Slot): void {
    const { history, channel } = slot;
    if (history.offset > 0) this.#epoch = newEpoch();
    this.#count(-history.size, -history.bytes - EMPTY_BYTES);
    // Whoever reads it must see that it is no more.
    history.reset();
    this.#slots.delete(channel);
    this.#recency.remove(slot);
  }

  #count(publications: number, bytes: number): void {
    this.#bytes += bytes;
    this.#counters.historyPublications += publications;
    this.#counters.historyBytes += bytes;
  }
}
