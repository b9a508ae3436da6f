import type { Message, MessageContent } from "./message.js";
import type { Subscriber } from "./session.js";

/** A subscriber inside the process. What it throws stays with it. */
export class Listener implements Subscriber {
  readonly #callback: (message: MessageContent) => void;
  readonly #onError: (error: unknown) => void;

  constructor(
    callback: (message: MessageContent) => void,
    onError: (error: unknown) => void = () => undefined,
  ) {
    this.#callback = callback;
    this.#onError = onError;
  }

  deliver(message: Message): void {
    try {
      this.#callback(message);
    } catch (error) {
      this.#onError(error);
    }
  }
}
