/** Node's timers hold 31 bits: a longer delay would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;
const LONGEST_TTL = 2 ** 31 - 1;

/** Calls back when a token has ended and no newer one has come within the grace. */
export class Expiry {
  readonly #grace: number;
  readonly #ended: () => void;
  #at: number | undefined;
  /** Whether a newer one can come. */
  #renewable = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(grace: number, ended: () => void) {
    this.#grace = grace;
    this.#ended = ended;
  }

  /** `at`: in ms since 1970; undefined for never. What is not renewable has no grace, and clients are not told of it. */
  set(at: number | undefined, renewable = true): void {
    clearTimeout(this.#timer);
    this.#at = at;
    this.#renewable = renewable;
    if (at !== undefined) this.#wait(renewable ? at + this.#grace : at);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** The members of a result that tell a client when to come with another token. */
  get result(): string {
    if (this.#at === undefined || !this.#renewable) return "";
    // Clients take whole seconds, not more of them than fit, and a ttl of 0 for none.
    const seconds = Math.floor((this.#at - Date.now()) / 1000);
    return `,"expires":true,"ttl":${Math.min(Math.max(1, seconds), LONGEST_TTL)}`;
  }

  #wait(until: number): void {
    const delay = until - Date.now();
    this.#timer = setTimeout(
      () => (delay > LONGEST_DELAY ? this.#wait(until) : this.#ended()),
      Math.min(Math.max(delay, 0), LONGEST_DELAY),
    );
  }
}
