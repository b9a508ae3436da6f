/** Events per second over the last whole seconds. Nothing runs between events: time is handed in. */
export class Rate {
  readonly #buckets: Uint32Array;
  #first = 0;
  #last = 0;

  constructor(seconds: number) {
    // One more than asked for: the running second is being filled and does not count yet.
    this.#buckets = new Uint32Array(seconds + 1);
  }

  add(now: number): void {
    const second = Math.floor(now / 1000);
    if (this.#first === 0) this.#first = second;
    this.#advance(second);
    const index = second % this.#buckets.length;
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
  }

  /** Mean over the window, or over the time since the first event while that is shorter. */
  perSecond(now: number): number {
    const counts = this.counts(now);
    if (this.#first === 0) return 0;
    const known = Math.min(counts.length, Math.floor(now / 1000) - this.#first);
    if (known <= 0) return 0;
    let sum = 0;
    for (const count of counts) sum += count;
    return sum / known;
  }

  /** Events in each whole second of the window, oldest first. */
  counts(now: number): number[] {
    const second = Math.floor(now / 1000);
    this.#advance(second);
    const length = this.#buckets.length;
    return Array.from({ length: length - 1 }, (_, i) => this.#buckets[(second + 1 + i) % length] ?? 0);
  }

  #advance(second: number): void {
    if (second <= this.#last) return;
    const length = this.#buckets.length;
    const from = Math.max(this.#last + 1, second - length + 1);
    for (let passed = from; passed <= second; passed++) this.#buckets[passed % length] = 0;
    this.#last = second;
  }
}
