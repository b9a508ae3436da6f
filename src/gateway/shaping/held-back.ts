import type { Counters } from "../counters.js";

export interface HeldLimits {
  readonly maxHeldTopics: number;
  readonly maxHeldSize: number;
}

/** Somebody who holds something back. */
export interface Holder {
  readonly heldTopics: number;
  readonly heldBytes: number;
  /** Gives up a part of it. */
  giveUp(): void;
}

/** What one session holds back, over all its subscriptions. At a bound the one that holds most of it gives something up. */
export class HeldBack {
  readonly #limits: HeldLimits;
  readonly #counters: Counters;
  readonly #holders = new Set<Holder>();
  #topics = 0;
  #bytes = 0;

  constructor(limits: HeldLimits, counters: Counters) {
    this.#limits = limits;
    this.#counters = counters;
  }

  /** A holder holds so much more now, or less. */
  changed(holder: Holder, topics: number, bytes: number): void {
    this.#topics += topics;
    this.#bytes += bytes;
    this.#counters.heldTopics += topics;
    this.#counters.heldBytes += bytes;
    if (topics === 0) return;
    if (holder.heldTopics > 0) this.#holders.add(holder);
    else this.#holders.delete(holder);
  }

  /** Sees to it that the bounds hold. */
  trim(): void {
    for (let holder = this.#tooMuch(); holder; holder = this.#tooMuch()) holder.giveUp();
  }

  #tooMuch(): Holder | undefined {
    if (this.#topics > this.#limits.maxHeldTopics) return this.#largest("heldTopics");
    return this.#bytes > this.#limits.maxHeldSize ? this.#largest("heldBytes") : undefined;
  }

  #largest(measure: "heldTopics" | "heldBytes"): Holder | undefined {
    let largest: Holder | undefined;
    for (const holder of this.#holders) if (!largest || holder[measure] > largest[measure]) largest = holder;
    return largest;
  }
}
