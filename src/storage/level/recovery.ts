const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
/** How long a store that is being closed may still try. */
const LAST_MS = 2_000;

/** Tries again what failed, with growing pauses, until it succeeds or the store is closed. */
export class Recovery {
  #running = false;
  #ended = false;
  #wake: () => void = nothing;
  #giveUp: (error: Error) => void = nothing;
  #limit: NodeJS.Timeout | undefined;

  /** The store is being closed: there is one more attempt, now, and little time for it. */
  end(): void {
    this.#ended = true;
    this.#wake();
    if (this.#running) this.#setLimit();
  }

  /** Gives the error of the last attempt when there will be no other, and nothing when one succeeded. */
  async run(attempt: () => Promise<void>): Promise<Error | undefined> {
    this.#running = true;
    if (this.#ended) this.#setLimit();
    const error = await this.#repeat(attempt);
    this.#running = false;
    clearTimeout(this.#limit);
    return error;
  }

  async #repeat(attempt: () => Promise<void>): Promise<Error | undefined> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      await this.#pause(pause);
      const isLast = this.#ended;
      const error = await this.#limited(attempt);
      if (!error || isLast || error instanceof OutOfTime) return error;
    }
  }

  #pause(ms: number): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** A system call may hang for as long as it likes, but not once the store is to be closed. */
  #limited(attempt: () => Promise<void>): Promise<Error | undefined> {
    return new Promise((resolve) => {
      this.#giveUp = resolve;
      attempt().then(
        () => resolve(undefined),
        (error) => resolve(error instanceof Error ? error : new Error(String(error))),
      );
    });
  }

  #setLimit(): void {
    this.#limit = setTimeout(() => this.#giveUp(new OutOfTime()), LAST_MS);
  }
}

class OutOfTime extends Error {
  constructor() {
    super(`the disk gave no answer within ${LAST_MS} ms`);
  }
}

function nothing(): void {
  // Until somebody waits.
}
