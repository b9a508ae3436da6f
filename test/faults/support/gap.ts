/** The longest time between two events in a row, in milliseconds. */
export class Gap {
  #last = 0;
  longest = 0;

  mark(): void {
    const now = performance.now();
    if (this.#last > 0) this.longest = Math.max(this.longest, now - this.#last);
    this.#last = now;
  }
}
