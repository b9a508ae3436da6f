import { Places } from "../storage/places.js";
import type { SessionLimits } from "./session.js";

/** Bytes that a record has besides topic and payload, about. */
const RECORD_HEAD = 9;

type BacklogLimits = Pick<SessionLimits, "maxQueuedMessages" | "maxStoredSize">;

/** A message as far as its place in a queue goes. */
interface Sized {
  readonly topic: string;
  readonly payload: { readonly length: number };
  readonly time: number;
}

/** What waits in a stored queue: all after the number up to which it was passed. Bounded in messages and bytes. */
export class Backlog {
  readonly #limits: BacklogLimits;
  readonly #places: Places;
  #passed: number;
  /** When the oldest message was taken, as far as it has been read. */
  oldestTime = 0;

  constructor(limits: BacklogLimits, passed = 0, places = new Places()) {
    this.#limits = limits;
    this.#passed = passed;
    this.#places = places;
  }

  /** Up to this number messages have been sent, dropped or expired. */
  get passed(): number {
    return this.#passed;
  }

  get count(): number {
    return this.#places.count;
  }

  get bytes(): number {
    return this.#places.bytes;
  }

  /** The number of the oldest message; undefined when nothing waits. */
  get oldest(): number | undefined {
    return this.#places.oldest;
  }

  add(sequence: number, message: Sized): void {
    if (this.count === 0) this.oldestTime = message.time;
    this.#places.push(sequence, sizeOf(message));
  }

  pass(sequence: number): void {
    if (sequence <= this.#passed) return;
    this.#passed = sequence;
    this.#places.pass(sequence);
  }

  isFullFor(message: Sized): boolean {
    const { maxQueuedMessages, maxStoredSize } = this.#limits;
    return (
      this.count >= maxQueuedMessages || (this.count > 0 && this.bytes + sizeOf(message) > maxStoredSize)
    );
  }
}

function sizeOf({ topic, payload }: Sized): number {
  return RECORD_HEAD + topic.length + payload.length;
}
