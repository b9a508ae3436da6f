import type { UsedUrl } from "./used-urls-file.js";

/** Those that have ended are looked for at most once in this time, in ms. */
const SWEEP_MS = 1_000;

/** URLs for single use that have been used, until they end and nobody could use them again anyway. */
export class UsedUrls implements Iterable<UsedUrl> {
  readonly #ends = new Map<string, number>();
  readonly #most: number;
  #swept = Number.NEGATIVE_INFINITY;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#ends.size;
  }

  has(id: string): boolean {
    return this.#ends.has(id);
  }

  /** Whether there is room to remember one more. `now` in ms since 1970. */
  hasRoom(now: number): boolean {
    if (this.#ends.size < this.#most) return true;
    if (now - this.#swept >= SWEEP_MS || now < this.#swept) this.#sweep(now);
    return this.#ends.size < this.#most;
  }

  add(id: string, end: number): void {
    this.#ends.set(id, end);
  }

  delete(id: string): void {
    this.#ends.delete(id);
  }

  [Symbol.iterator](): Iterator<UsedUrl> {
    return this.#ends.entries();
  }

  #sweep(now: number): void {
    this.#swept = now;
    for (const [id, end] of this.#ends) if (end <= now) this.#ends.delete(id);
  }
}
