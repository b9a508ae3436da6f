import type { Unacknowledged } from "../storage/store.js";

/** What part of the messages in flight may be acknowledged before that is written. */
const UNWRITTEN_SHARE = 8;

/** The messages that a client was sent, over any connection, and has not acknowledged to the end. */
export class OwedMessages {
  /** In order; true when PUBREC has come, so that PUBREL is owed [MQTT-4.3.3-1]. */
  readonly #released = new Map<number, boolean>();
  /** Numbers to be sent again to the current connection, in order. */
  #resends: number[] = [];
  /** Acknowledgements that the store has not been told of. */
  #unwritten = 0;

  constructor(unacknowledged: Iterable<Unacknowledged>) {
    for (const { sequence, released } of unacknowledged) this.#released.set(sequence, released);
  }

  get size(): number {
    return this.#released.size;
  }

  /** The next number to be sent again. */
  get nextResend(): number | undefined {
    return this.#resends[0];
  }

  *[Symbol.iterator](): Iterator<Unacknowledged> {
    for (const [sequence, released] of this.#released) yield { sequence, released };
  }

  /** Whether the message is released; undefined when it is not owed. */
  isReleased(sequence: number): boolean | undefined {
    return this.#released.get(sequence);
  }

  sent(sequence: number): void {
    this.#released.set(sequence, false);
  }

  release(sequence: number): void {
    this.#released.set(sequence, true);
  }

  /** False when it was not owed. */
  giveUp(sequence: number): boolean {
    return this.#released.delete(sequence);
  }

  /**
   * Whether that should be written now. What is written is as long as what is owed, so that with much of that not every
   * acknowledgement is worth it.
   */
  acknowledge(sequence: number): boolean {
    this.#released.delete(sequence);
    if (++this.#unwritten * UNWRITTEN_SHARE < this.#released.size) return false;
    this.#unwritten = 0;
    return true;
  }

  /** A connection begins: all that is owed is to be sent to it again. */
  startResends(): void {
    this.#resends = [...this.#released.keys()];
  }

  stopResends(): void {
    this.#resends = [];
  }

  /** The next one has been sent again. */
  resent(): void {
    this.#resends.shift();
  }
}
