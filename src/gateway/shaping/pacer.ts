import type { Counters } from "../counters.js";
import type { Outbox } from "../outbox.js";
import { type Clock, TICK_MS, type Timed } from "./clock.js";
import type { HeldBack, Holder } from "./held-back.js";
import { type FirstOf, type Holdable, Latest, type Waiting } from "./latest.js";

/** What pacers need of their session. */
export interface PacerHost {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly counters: Counters;
  readonly held: HeldBack;
  /** The client reads so slowly that something is held back. */
  congested(): void;
}

/** How much a subscription is told. */
export interface Pace {
  /** Items per second, at most. */
  readonly maxRate: number | undefined;
  /** Nothing is told while the client is behind with what it was told before. */
  readonly newest: boolean;
}

export interface PacerPlan<Item, First> {
  /** `first`: of what has waited, what came with the first of its topic that did. */
  readonly tell: (item: Item, first: First) => void;
  /** Called at the bound, for whoever must not lose anything; otherwise the topic that has waited longest is dropped. */
  readonly full?: () => void;
}

/** How late the clock may be without the rate suffering from it. */
const LATE_MS = 2 * TICK_MS;

/**
 * Has a subscription told no more than its rate allows, spread evenly, and, if it is to be so, no more than its client reads. What is
 * too much waits, the newest of every topic.
 */
export class Pacer<Item extends Holdable, First extends FirstOf = FirstOf> implements Timed, Holder {
  at = 0;
  readonly #host: PacerHost;
  readonly #plan: PacerPlan<Item, First>;
  readonly #newest: boolean;
  /** Time between two; 0 for as they come. */
  readonly #interval: number;
  readonly #waiting = new Latest<Item, First>();
  /** When the next one may go. */
  #next = 0;
  readonly #taken = (): void => this.due(this.#host.clock.now());

  constructor(host: PacerHost, { maxRate, newest }: Pace, plan: PacerPlan<Item, First>) {
    this.#host = host;
    this.#plan = plan;
    this.#newest = newest;
    this.#interval = maxRate === undefined ? 0 : 1_000 / maxRate;
  }

  /** Whether a subscription of this pace needs one. */
  static isNeeded({ maxRate, newest }: Pace): boolean {
    return newest || maxRate !== undefined;
  }

  get heldTopics(): number {
    return this.#waiting.size;
  }

  get heldBytes(): number {
    return this.#waiting.bytes;
  }

  /** The one that will be told next. */
  get oldest(): Waiting<Item, First> | undefined {
    return this.#waiting.oldest;
  }

  /** Tells it, now or when it can be. */
  offer(item: Item, first: First): void {
    if (this.#waiting.size > 0 || !this.#isFree()) {
      this.#hold(item, first);
      // A rate that is finer than the clock is kept by what comes in, too.
      if (this.#interval > 0 && this.#interval < TICK_MS) this.#hurry(this.#host.clock.now());
    } else this.#plan.tell(item, first);
  }

  due(now: number): void {
    // What was missed while the clock stood still is not made good by a burst.
    this.#next = Math.max(this.#next, now - LATE_MS);
    while (this.#waiting.size > 0) {
      if (this.#isCongested() || (this.#interval > 0 && this.#next > now)) {
        this.#arm();
        return;
      }
      this.#next += this.#interval;
      const waiting = this.#take();
      if (waiting) this.#plan.tell(waiting.item, waiting.first);
    }
  }

  giveUp(): void {
    if (this.#plan.full) {
      this.#plan.full();
      this.close();
      return;
    }
    this.#take();
    this.#host.counters.heldDropped++;
    if (this.#waiting.size === 0) this.#disarm();
  }

  close(): void {
    this.#disarm();
    this.#count(() => this.#waiting.clear());
  }

  #isFree(): boolean {
    if (this.#isCongested()) return false;
    if (this.#interval === 0) return true;
    const now = this.#host.clock.now();
    if (now < this.#next) return false;
    this.#next = now + this.#interval;
    return true;
  }

  #isCongested(): boolean {
    return this.#newest && this.#host.outbox.congested;
  }

  #hold(item: Item, first: First): void {
    item.keep();
    const isFirst = this.#waiting.size === 0;
    if (!this.#count(() => this.#waiting.put(item, first))) this.#host.counters.conflated++;
    if (isFirst) this.#arm();
    this.#host.held.trim();
  }

  /** Waits for whatever it is that keeps the oldest back. */
  #arm(): void {
    if (!this.#isCongested()) {
      this.#host.clock.wait(this, this.#next);
      return;
    }
    this.#host.congested();
    this.#host.outbox.onceTaken(this.#taken);
  }

  #disarm(): void {
    this.#host.clock.forget(this);
    this.#host.outbox.forgetTaken(this.#taken);
  }

  #hurry(now: number): void {
    if (this.#waiting.size === 0 || this.#next > now || this.#isCongested()) return;
    this.#disarm();
    this.due(now);
  }

  #take(): Waiting<Item, First> | undefined {
    return this.#count(() => this.#waiting.take());
  }

  /** Keeps the session's count of what is held back. */
  #count<T>(change: () => T): T {
    const { size, bytes } = this.#waiting;
    const result = change();
    this.#host.held.changed(this, this.#waiting.size - size, this.#waiting.bytes - bytes);
    return result;
  }
}
