/** What takes part: a connection that has much to be worked on. */
export interface Sharer {
  /** A new turn has come, and with it a new share. */
  renew(): void;
}

/** Milliseconds of a turn that all who send much get together, and what one of them gets at most and at least. */
const TURN_MS = 8;
const MOST_MS = 1;
const LEAST_MS = 0.1;

/**
 * Whoever sends without pause gets a bounded share of each turn of the event loop; what is left of it waits for the next
 * turn, and meanwhile everybody else is served.
 */
export class Shares {
  /** Milliseconds that one gets in this turn. */
  milliseconds = MOST_MS;
  /** How often somebody had more to be done than its share. */
  exhausted = 0;
  #spenders: Sharer[] = [];
  readonly #next = (): void => this.#nextTurn();

  /** Somebody has used of its share; it gets a new one in the next turn. To be called once a turn. */
  spend(sharer: Sharer): void {
    if (this.#spenders.length === 0) setImmediate(this.#next);
    this.#spenders.push(sharer);
  }

  #nextTurn(): void {
    const spenders = this.#spenders;
    this.#spenders = [];
    this.milliseconds = Math.min(MOST_MS, Math.max(LEAST_MS, TURN_MS / spenders.length));
    for (const spender of spenders) spender.renew();
  }
}
