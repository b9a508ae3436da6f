/** Waits for a time or a condition, and at the latest until it is ended. */
export class Pause {
  #wake: () => void = () => {};
  #ended = false;

  /** Something has changed that may be waited for. */
  wake(): void {
    this.#wake();
  }

  /** Nobody waits from now on. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Resolves after so many milliseconds, or when it is over as somebody wakes it. One at a time. */
  async wait(ms: number, isOver: () => boolean): Promise<void> {
    const end = performance.now() + ms;
    for (let left = ms; left > 0 && !isOver() && !this.#ended; left = end - performance.now())
      await this.#sleep(left);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
