import { once } from "node:events";
import type { Writable } from "node:stream";
import { type Failure, onOutputError } from "../failure.js";

/** Writes as fast as it is read, until nobody reads any more. */
export class Output {
  readonly #stream: Writable;
  #closed = false;
  #failure: Failure | undefined;

  constructor(stream: Writable = process.stdout) {
    this.#stream = stream;
    onOutputError(
      stream,
      () => {
        this.#closed = true;
      },
      (failure) => {
        this.#failure = failure;
      },
    );
  }

  /** Resolves when there is room for more; false when whoever read has gone. */
  async write(text: string): Promise<boolean> {
    if (this.#closed) return false;
    // An error also ends the wait; what it was is looked at below.
    if (!this.#stream.write(text)) await once(this.#stream, "drain").catch(() => undefined);
    if (this.#failure) throw this.#failure;
    return !this.#closed;
  }

  /** Everything has been handed on, or cannot be. */
  async end(): Promise<void> {
    await new Promise<void>((resolve) => this.#stream.end(() => resolve()));
    if (this.#failure) throw this.#failure;
  }
}
