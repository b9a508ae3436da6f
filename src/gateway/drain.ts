/** What is sent away. */
export interface Drainable {
  disconnect(name: "shutdown"): void;
}

/** Time per session at most, in ms: few of them are no reason to wait. */
const PACE = 5;

/** Sends sessions away one after the other, in random order, so that their clients do not all come back at once. */
export class Drain {
  readonly #sessions: readonly Drainable[];
  /** ms between two sessions. */
  readonly #pace: number;
  readonly #begun = performance.now();
  #gone = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Begins at once, and is done after `window` ms at most. */
  constructor(sessions: Iterable<Drainable>, window: number) {
    this.#sessions = shuffled([...sessions]);
    this.#pace = Math.min(PACE, window / this.#sessions.length);
    this.#run();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #run(): void {
    const passed = performance.now() - this.#begun;
    const due = this.#pace > 0 ? 1 + Math.floor(passed / this.#pace) : this.#sessions.length;
    while (this.#gone < Math.min(due, this.#sessions.length))
      this.#sessions[this.#gone++]?.disconnect("shutdown");
    if (this.#gone < this.#sessions.length) this.#timer = setTimeout(() => this.#run(), this.#pace);
  }
}

/** Each order is equally likely. */
function shuffled<T>(items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1));
    [items[i], items[other]] = [items[other] as T, items[i] as T];
  }
  return items;
}
