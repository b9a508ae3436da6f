import type { Message } from "./message.js";

export interface NearMessage {
  readonly message: Message;
  readonly qos: 1 | 2;
  readonly sequence: number;
  readonly retain: boolean;
}

/** Payload bytes that all sessions hold so, and the most that they may. */
export class NearLimit {
  readonly #most: number;
  bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  has(bytes: number): boolean {
    return this.bytes + bytes <= this.#most;
  }
}

const MOST = 4_096;
const NONE: NearMessage[] = [];

/**
 * The messages that come next for a client that falls behind a little: they are stored, and kept in memory as well, so that
 * they need not be read back.
 */
export class NearMessages {
  readonly #limit: NearLimit;
  #messages = NONE;
  #next = 0;

  constructor(limit: NearLimit) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.#next === this.#messages.length;
  }

  /** The number of the last one; 0 when there is none. */
  get last(): number {
    return this.#messages.at(-1)?.sequence ?? 0;
  }

  /** False when there is no room for it. */
  add(next: NearMessage): boolean {
    const { length } = next.message.payload;
    if (this.#messages.length - this.#next >= MOST || !this.#limit.has(length)) return false;
    if (this.#messages === NONE) this.#messages = [];
    this.#messages.push(next);
    this.#limit.bytes += length;
    return true;
  }

  get first(): NearMessage | undefined {
    return this.#messages[this.#next];
  }

  shift(): void {
    const { first: next } = this;
    if (!next) return;
    this.#next++;
    this.#limit.bytes -= next.message.payload.length;
    if (this.#next === this.#messages.length) this.clear();
    else if (this.#next >= MOST) {
      this.#messages = this.#messages.slice(this.#next);
      this.#next = 0;
    }
  }

  clear(): void {
    for (let index = this.#next; index < this.#messages.length; index++)
      this.#limit.bytes -= this.#messages[index]?.message.payload.length ?? 0;
    this.#messages = NONE;
    this.#next = 0;
  }
}
