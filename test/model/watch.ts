/** Lets a run wait for a condition, which is looked at whenever something has happened. */
export class Watch {
  readonly #patience: number;
  #looks = new Set<() => void>();

  /** `patience` is how long, in milliseconds, something may take that has to come. */
  constructor(patience: number) {
    this.#patience = patience;
  }

  happened(): void {
    for (const look of this.#looks) look();
  }

  until(condition: () => boolean, waitingFor: () => string): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#looks.delete(look);
        settle();
      };
      const look = () => {
        if (condition()) end(resolve);
      };
      const timer = setTimeout(
        () => end(() => reject(new Error(`did not come within ${this.#patience} ms: ${waitingFor()}`))),
        this.#patience,
      );
      this.#looks.add(look);
    });
  }
}
