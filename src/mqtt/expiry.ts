import type { Store } from "../storage/store.js";
import type { Counters } from "./counters.js";
import type { KeptSession } from "./kept-session.js";
import type { Sessions } from "./sessions.js";

const PAUSE_MS = 1_000;
const GRACE_MS = 5 * 60_000;
/** Sessions looked at, and retained messages, in one step. */
const SESSIONS = 1_000;
const RETAINED = 1_000;
/** Sessions removed, and queues read, in one step: both ask the disk. */
const MOST_AT_DISK = 100;

export interface ExpiryTimes {
  /** Milliseconds that a session's client may be away; 0: for ever. */
  readonly sessions: number;
  /** Milliseconds that a message may wait in a kept session, or stay retained; 0: for ever. */
  readonly messages: number;
}

export interface ExpiryContext {
  readonly times: ExpiryTimes;
  readonly sessions: Sessions;
  readonly store: Store;
  readonly counters: Counters;
  onExpired(clientId: string): void;
  onFailure(error: unknown): void;
}

/** Removes what has grown too old, a small step every second, so that nobody notices however much it is. */
export class Expiry {
  readonly #context: ExpiryContext;
  readonly #started = Date.now();
  #timer: NodeJS.Timeout | undefined;
  #sessions: Iterator<KeptSession> | undefined;
  #stopped = false;

  constructor(context: ExpiryContext) {
    this.#context = context;
  }

  start(): void {
    const { sessions, messages } = this.#context.times;
    if (sessions > 0 || messages > 0) this.#wait();
  }

  /** A step that is under way is not waited for: it may wait for a store that cannot write. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#run()
        .catch((error) => this.#stopped || this.#context.onFailure(error))
        .finally(() => this.#stopped || this.#wait());
    }, PAUSE_MS).unref();
  }

  async #run(): Promise<void> {
    const { store, times, counters } = this.#context;
    if (store.failingSince !== undefined) return; // nothing could be removed
    await this.#sweepSessions();
    if (times.messages > 0)
      counters.retainedExpired += await store.sweepRetained(Date.now() - times.messages, RETAINED);
  }

  async #sweepSessions(): Promise<void> {
    this.#sessions ??= this.#context.sessions.kept()[Symbol.iterator]();
    for (let seen = 0, asked = 0; seen < SESSIONS && asked < MOST_AT_DISK && !this.#stopped; seen++) {
      const { value: session, done } = this.#sessions.next();
      if (done) {
        this.#sessions = undefined;
        return;
      }
      if (await this.#sweep(session)) asked++;
    }
  }

  /** When a session expires. After a start clients get a while to come back: they could not, while the broker was down. */
  #due(awaySince: number): number {
    const { sessions } = this.#context.times;
    return Math.max(awaySince + sessions, this.#started + Math.min(sessions, GRACE_MS));
  }

  /** Whether it had to ask the disk. */
  async #sweep(session: KeptSession): Promise<boolean> {
    const { times, sessions, counters, onExpired } = this.#context;
    const { awaySince, clientId } = session;
    if (times.sessions > 0 && awaySince !== undefined && Date.now() > this.#due(awaySince)) {
      await sessions.discard(clientId);
      counters.sessionsExpired++;
      onExpired(clientId);
      return true;
    }
    return times.messages > 0 && (await session.expire(Date.now() - times.messages));
  }
}
