/** What is under way for so long without any progress was lost, unless more patience is wanted. */
const STALL_MS = 500;
/** Messages are sent in batches of no less than this part of the window. */
const SMALLEST_BATCH = 1 / 8;

/**
 * How far the publisher may run ahead of the slowest subscriber. At QoS 0 nothing else slows it down: a server that
 * gets more than it can pass on has to drop it.
 */
export class Window {
  readonly #size: number;
  readonly #stallMs: number;
  #progress = 0;
  #progressedAt = 0;
  /** Messages that are no longer waited for. */
  #givenUp = 0;
  stalls = 0;

  constructor(size: number, stallMs = STALL_MS) {
    this.#size = size;
    this.#stallMs = stallMs;
  }

  /** Messages that may be sent now. `now` in milliseconds. */
  room(sent: number, progress: number, now: number): number {
    if (progress > this.#progress || sent === 0) {
      this.#progress = progress;
      this.#progressedAt = now;
    }
    const underWay = sent - Math.max(progress, this.#givenUp);
    const room = this.#size - underWay;
    if (room >= this.#size * SMALLEST_BATCH) return room;
    if (now - this.#progressedAt < this.#stallMs) return 0;
    this.stalls++;
    this.#givenUp = sent;
    this.#progressedAt = now;
    return this.#size;
  }
}
