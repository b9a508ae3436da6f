/** The longest time in which nothing came. */
export class Gap {
  #last = performance.now();
  #longest = 0;

  readonly arrived = (): void => {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#last);
    this.#last = now;
  };

  clear(): void {
    this.#last = performance.now();
    this.#longest = 0;
  }

  /** In milliseconds, with the time since the last arrival. */
  get longest(): number {
    return Math.max(this.#longest, performance.now() - this.#last);
  }
}
