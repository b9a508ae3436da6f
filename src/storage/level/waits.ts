import type { WaitHistogram } from "../store.js";

/** Upper bounds in milliseconds; what is above the last one is counted as well. */
const BOUNDS = [0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] as const;

/** How long groups of changes were waited for. */
export class Waits {
  readonly #counts = new Array<number>(BOUNDS.length + 1).fill(0);
  #sum = 0;

  add(ms: number): void {
    const bound = BOUNDS.findIndex((bound) => ms <= bound);
    const place = bound < 0 ? BOUNDS.length : bound;
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#sum += ms;
  }

  read(): WaitHistogram {
    let count = 0;
    const counts = this.#counts.map((more) => {
      count += more;
      return count;
    });
    return { bounds: BOUNDS, counts, sum: this.#sum, count };
  }
}
