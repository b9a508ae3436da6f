import type { Outbox } from "./outbox.js";
import type { Publication } from "./publication.js";

/** What is given out of a snapshot in one turn, and while no more than this waits for the client. */
export const PAGE_BYTES = 64 * 1024;

/** What it costs to pass over something that the client does not want, in bytes of what it does. */
export const PASSED_OVER = 16;

/** Undefined for what the client does not want. */
type FrameOf = (publication: Publication) => Buffer | undefined;

interface Running {
  readonly owner: object;
  readonly rest: Iterator<Publication>;
  readonly frameOf: FrameOf;
}

/** Gives a session what its channels have for it, one after the other, as fast as the client takes it. */
export class Replay {
  readonly #outbox: Outbox;
  #running: Running[] = [];
  #paused = false;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** `owner` identifies it for {@link remove}. Bounded by the session's subscriptions. */
  add(owner: object, rest: Iterator<Publication>, frameOf: FrameOf): void {
    this.#running.push({ owner, rest, frameOf });
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
        // Its end may have ended the subscription, too.
        this.#running = this.#running.filter((running) => running !== current);
        continue;
      }
      const frame = current.frameOf(next.value);
      given += frame?.length ?? PASSED_OVER;
      if (frame) this.#outbox.append(frame);
    }
  }

  /** Goes on when the client has taken something; others get their turn in any case. */
  #pause(): void {
    this.#paused = true;
    if (this.#outbox.waiting >= PAGE_BYTES) this.#outbox.onceTaken(() => this.#page());
    else setImmediate(() => this.#page());
  }
}
