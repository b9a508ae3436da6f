const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;
/** A connection that did not last this long was no success: two clients with one id would else fight at full speed. */
const STEADY_AFTER = 10_000;

/** How long to wait before the next attempt: doubles up to a bound, and is spread so that a fleet does not return as one. */
export class Backoff {
  #failures = 0;
  #connectedAt: number | undefined;
  readonly #random: () => number;
  readonly #now: () => number;

  constructor(random: () => number = Math.random, now: () => number = () => performance.now()) {
    this.#random = random;
    this.#now = now;
  }

  connected(): void {
    this.#connectedAt = this.#now();
  }

  /** Milliseconds, between half and the whole of the doubled delay. */
  next(): number {
    const lasted = this.#connectedAt === undefined ? 0 : this.#now() - this.#connectedAt;
    if (lasted >= STEADY_AFTER) this.#failures = 0;
    this.#connectedAt = undefined;
    const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(this.#failures, 16));
    this.#failures++;
    return Math.round(delay * (0.5 + 0.5 * this.#random()));
  }
}
