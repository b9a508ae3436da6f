import { NEVER } from "./clock.js";

/** A change that was asked for at one instant and known to be done at another. */
export interface Write<V> {
  readonly value: V;
  readonly sentAt: number;
  ackedAt: number;
}

/**
 * One place in the server that is written in a known order: a subscription, a retained message. A write that was never
 * acknowledged may have been done or not, so what it holds is a set of possible values.
 */
export class Register<V> {
  readonly #initial: V;
  readonly #writes: Write<V>[] = [];

  constructor(initial: V) {
    this.#initial = initial;
  }

  get writes(): readonly Write<V>[] {
    return this.#writes;
  }

  write(value: V, sentAt: number): Write<V> {
    const write = { value, sentAt, ackedAt: NEVER };
    this.#writes.push(write);
    return write;
  }

  /** What it may have held at any instant from `from` to `to`. */
  possible(from: number, to: number): V[] {
    const done = this.#writes.findLastIndex(({ ackedAt }) => ackedAt <= from);
    const values = [this.#writes[done]?.value ?? this.#initial];
    for (const { value, sentAt } of this.#writes.slice(done + 1)) if (sentAt <= to) values.push(value);
    return values;
  }
}
