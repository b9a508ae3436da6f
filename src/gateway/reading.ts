/** What bytes come from. */
export interface Source {
  pause(): void;
  resume(): void;
}

/** Bytes of one client that are taken in one turn of the event loop, before the others have theirs. */
const SHARE = 64 * 1024;

/** When a client is read: not while its session has it wait, and in each turn no more than a share. */
export class Reading {
  readonly #source: Source;
  /** The session has it wait. */
  #paused = false;
  #taken = 0;
  #exhausted = false;
  readonly #nextTurn = (): void => {
    this.#taken = 0;
    if (!this.#exhausted) return;
    this.#exhausted = false;
    if (!this.#paused) this.#source.resume();
  };

  constructor(source: Source) {
    this.#source = source;
  }

  pause(): void {
    this.#paused = true;
    this.#source.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#exhausted) this.#source.resume();
  }

  /** A message of so many bytes has come. */
  took(bytes: number): void {
    if (this.#taken === 0) setImmediate(this.#nextTurn);
    this.#taken += bytes;
    if (this.#taken < SHARE || this.#exhausted) return;
    this.#exhausted = true;
    this.#source.pause();
  }
}
