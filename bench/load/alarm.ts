/** Ends what is waited for when a connection is lost that was to last. */
export class Alarm {
  readonly #raised: Promise<never>;
  #reject: (error: Error) => void = () => {};

  constructor() {
    this.#raised = new Promise((_, reject) => {
      this.#reject = reject;
    });
    // It may be raised when nobody waits.
    this.#raised.catch(() => {});
  }

  readonly raise = (reason: string): void => this.#reject(new Error(reason));

  /** The outcome of the work, unless the alarm is raised first. */
  orRaised<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#raised]);
  }
}
