/**
 * A repeatable source of chance: the same seed and label give the same numbers on every machine.
 * The label keeps devices apart, so that adding one to a fleet changes nothing for the others.
 */
export class Random {
  #state: number;

  constructor(seed: number, label = "") {
    this.#state = scramble(seed >>> 0);
    for (const char of label) this.#state = scramble(this.#state ^ (char.codePointAt(0) ?? 0));
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0; // 2^32 over the golden ratio: visits every state once
    return scramble(this.#state) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Whether something that happens `perHour` times an hour on average happens within `seconds`. */
  happens(perHour: number, seconds: number): boolean {
    return this.chance(1 - Math.exp((-perHour * seconds) / 3600));
  }

  /** Bell-shaped around zero with the given spread (the sum of twelve uniforms; tails end at six spreads). */
  noise(spread: number): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.next();
    return sum * spread;
  }

  pick<T>(first: T, ...others: readonly T[]): T {
    const index = Math.floor(this.next() * (others.length + 1));
    return index === 0 ? first : (others[index - 1] ?? first);
  }
}

/** Spreads every bit of the input over the whole output. */
function scramble(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
