/** Says how many are due by the clock, so that a rate is kept whatever timers do. */
export class Pace {
  readonly #intervalMs: number;
  readonly #due: (count: number, firstAt: number) => void;
  #startedAt = 0;
  #done = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `due` is given their number and when the first of them was due, in milliseconds of `performance.now`. */
  constructor(perSecond: number, due: (count: number, firstAt: number) => void) {
    this.#intervalMs = 1000 / perSecond;
    this.#due = due;
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#tick();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #tick(): void {
    const due = Math.floor((performance.now() - this.#startedAt) / this.#intervalMs) - this.#done;
    if (due > 0) {
      const firstAt = this.#dueAt(this.#done + 1);
      this.#done += due;
      this.#due(due, firstAt);
    }
    this.#timer = setTimeout(() => this.#tick(), this.#dueAt(this.#done + 1) - performance.now());
  }

  #dueAt(number: number): number {
    return this.#startedAt + number * this.#intervalMs;
  }
}
