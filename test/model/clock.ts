/** An instant that did not come. */
export const NEVER = Number.POSITIVE_INFINITY;

/**
 * Logical time: everything that a run sends and receives happens at an instant of its own, in the order in which it
 * happened in this process. What was sent after a reception, the server got after it sent that.
 */
export class Clock {
  #now = 0;

  get now(): number {
    return this.#now;
  }

  tick(): number {
    return ++this.#now;
  }
}
