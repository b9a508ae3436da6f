/** Something of which a part may wait for too long. */
export interface Aging {
  /** Looks at how long the oldest of it has waited. Gives the number of looks that it has seen; undefined when nothing waits. */
  look(): number | undefined;
  /** It has waited for as long as it may. */
  overdue(): void;
}

/** How finely age is told apart: parts of the bound. */
const LOOKS = 8;

/** Looks after everybody for whom something waits. One timer for all, while there is somebody. */
export class Overdue {
  readonly #step: number;
  readonly #failed: (error: unknown) => void;
  readonly #aging = new Set<Aging>();
  #timer: NodeJS.Timeout | undefined;

  /** `bound`: how long something may wait, in ms. */
  constructor(bound: number, failed: (error: unknown) => void) {
    this.#step = bound / LOOKS;
    this.#failed = failed;
  }

  /** Looks after it until nothing of it waits any more. */
  watch(aging: Aging): void {
    this.#aging.add(aging);
    this.#timer ??= setInterval(() => this.#look(), this.#step).unref();
  }

  forget(aging: Aging): void {
    this.#aging.delete(aging);
    this.#rest();
  }

  /** What so many looks are, in ms. */
  timeOf(looks: number): number {
    return Math.round(looks * this.#step);
  }

  #look(): void {
    for (const aging of this.#aging) {
      const looks = aging.look();
      if (looks !== undefined && looks < LOOKS) continue;
      this.#aging.delete(aging);
      if (looks === undefined) continue;
      try {
        aging.overdue();
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#rest();
  }

  #rest(): void {
    if (this.#aging.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
