import type { Publisher } from "../clients/publisher.js";

/** Messages in one write, small enough not to hold up this process. */
const BATCH = 256;

/** Sends without pause, for as long as the socket takes it. */
export class Flood {
  readonly #publisher: Publisher;
  #running = false;

  constructor(publisher: Publisher) {
    this.#publisher = publisher;
    publisher.onReady = () => this.#send();
  }

  start(): void {
    this.#running = true;
    this.#send();
  }

  stop(): void {
    this.#running = false;
  }

  get sent(): number {
    return this.#publisher.sent;
  }

  /** One batch a turn, so that the others have theirs. */
  #send(): void {
    if (!this.#running || !this.#publisher.ready) return;
    this.#publisher.send(BATCH);
    if (this.#publisher.ready) setImmediate(() => this.#send());
  }
}
