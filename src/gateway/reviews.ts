/** A session that can be looked at anew. */
interface Reviewed {
  review(): void;
}

/** For how long sessions are looked at in one turn of the event loop, in ms. */
const SHARE_MS = 5;

/** Looks at every session after a change of accounts, keys or rights: some at once, the rest over further turns. */
export class Reviews {
  readonly #sessions: ReadonlyMap<string, Reviewed>;
  readonly #failed: (error: unknown) => void;
  readonly #now: () => number;
  /** Those that have not had their turn. */
  #left: Iterator<Reviewed> | undefined;
  #next: NodeJS.Immediate | undefined;

  constructor(
    sessions: ReadonlyMap<string, Reviewed>,
    failed: (error: unknown) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#sessions = sessions;
    this.#failed = failed;
    this.#now = now;
  }

  /** Begins; a review that is under way begins anew. */
  begin(): void {
    this.#left = this.#sessions.values();
    if (!this.#next) this.#some();
  }

  stop(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
    this.#left = undefined;
  }

  #some(): void {
    this.#next = undefined;
    const end = this.#now() + SHARE_MS;
    for (let next = this.#left?.next(); next && !next.done; next = this.#left?.next()) {
      try {
        next.value.review();
      } catch (error) {
        this.#failed(error);
      }
      if (this.#now() < end) continue;
      this.#next = setImmediate(() => this.#some());
      return;
    }
    this.#left = undefined;
  }
}
