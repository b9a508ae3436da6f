/** So much may come at once, in ms of the rate. */
const BURST_MS = 1_000;

/** How much of a rate has been used. */
export class RateUse {
  readonly #perMs: number;
  /** Up to when the rate is used up, in ms of {@link performance.now}. */
  #until = 0;

  constructor(perSecond: number) {
    this.#perMs = perSecond / 1_000;
  }

  /** What is larger than what may come at once has to wait until nothing is used. */
  isOver(amount: number, now: number): boolean {
    const used = this.#until - now;
    return used > 0 && used + amount / this.#perMs > BURST_MS;
  }

  add(amount: number, now: number): void {
    this.#until = Math.max(this.#until, now) + amount / this.#perMs;
  }
}
