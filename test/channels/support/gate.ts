/** Something that waits until the test lets it go on. */
export class Gate {
  /** Resolves when somebody waits. */
  readonly reached: Promise<void>;
  #reach: () => void = () => {};
  #open: () => void = () => {};
  readonly #opened: Promise<void>;

  constructor() {
    this.reached = new Promise((resolve) => {
      this.#reach = resolve;
    });
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  readonly pass = (): Promise<void> => {
    this.#reach();
    return this.#opened;
  };

  open(): void {
    this.#open();
  }
}
