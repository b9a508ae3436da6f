/**
 * A token bucket that holds what a second brings. What is taken may leave a debt, so that a thing passes that is larger than the
 * bucket, and is waited for afterwards.
 */
export class Bucket {
  readonly #rate: number;
  readonly #most: number;
  #level: number;
  #at = performance.now();

  /** `rate`: a second. */
  constructor(rate: number) {
    this.#rate = rate;
    this.#most = Math.max(1, rate);
    this.#level = this.#most;
  }

  /** Milliseconds until there is something in it. */
  get wait(): number {
    const now = performance.now();
    this.#level = Math.min(this.#most, this.#level + ((now - this.#at) / 1_000) * this.#rate);
    this.#at = now;
    return this.#level > 0 ? 0 : (-this.#level / this.#rate) * 1_000 + 1;
  }

  take(amount: number): void {
    this.#level -= amount;
  }
}
