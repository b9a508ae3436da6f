import type { Outbox } from "./outbox.js";
import type { Publication } from "./publication.js";

/** What is given out of a snapshot in one turn, and while no more than this waits for the client. */
export const PAGE_BYTES = 64 * 1024;

interface Running {
  readonly owner: object;
  readonly rest: Iterator<Publication>;
}

/** Gives a session the snapshots of its channels, one after the other, as fast as the client takes them. */
export class Replay {
  readonly #outbox: Outbox;
  readonly #frameOf: (publication: Publication) => Buffer;
  #running: Running[] = [];
  #paused = false;

  constructor(outbox: Outbox, frameOf: (publication: Publication) => Buffer) {
    this.#outbox = outbox;
    this.#frameOf = frameOf;
  }

  /** `owner` identifies the snapshot for {@link remove}. Bounded by the session's subscriptions. */
  add(owner: object, rest: Iterator<Publication>): void {
    this.#running.push({ owner, rest });
    if (!this.#paused) this.#page();
  }

  remove(owner: object): void {
    this.#running = this.#running.filter((running) => running.owner !== owner);
  }

  clear(): void {
    this.#running = [];
  }

  #page(): void {
    this.#paused = false;
    let given = 0;
    for (let current = this.#running[0]; current !== undefined; current = this.#running[0]) {
      if (given >= PAGE_BYTES || this.#outbox.waiting >= PAGE_BYTES) {
        this.#pause();
        return;
      }
      const next = current.rest.next();
      if (next.done) {
        this.#running.shift();
        continue;
      }
      const frame = this.#frameOf(next.value);
      given += frame.length;
      this.#outbox.append(frame);
    }
  }

  /** Goes on when the client has taken something; others get their turn in any case. */
  #pause(): void {
    this.#paused = true;
    if (this.#outbox.waiting >= PAGE_BYTES) this.#outbox.onceTaken(() => this.#page());
    else setImmediate(() => this.#page());
  }
}
