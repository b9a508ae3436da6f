import { Bell } from "./bell.js";

/** Bounds the messages that are on their way. One part waits for room at a time, so what it finds is its own. */
export class Window {
  readonly #limit: number;
  readonly #left = new Bell();
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get full(): boolean {
    return this.#size >= this.#limit;
  }

  enter(): void {
    this.#size++;
  }

  leave(): void {
    this.#size--;
    this.#left.ring();
  }

  async room(signal: AbortSignal): Promise<void> {
    while (this.full && !signal.aborted) await this.#left.heard(signal);
  }

  async empty(signal: AbortSignal): Promise<void> {
    while (this.#size > 0 && !signal.aborted) await this.#left.heard(signal);
  }
}
