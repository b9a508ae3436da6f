import type { Protocol } from "../protocols/protocol.js";
import type { Sink } from "./link.js";

const NEWLINE = 0x0a;
/** Time for a server to answer. */
const ANSWER_MS = 10_000;

/** Takes whole messages off a link, one after the other, while a connection is being set up. */
export class Inbox implements Sink {
  onPing: () => void = () => {};
  readonly #size: Protocol["messageSize"];
  readonly #ping: string | undefined;
  #bytes = Buffer.alloc(0);
  readonly #waiting: Buffer[] = [];
  #take: ((message: Buffer) => void) | undefined;
  #fail: (reason: string) => void = () => {};

  constructor({ messageSize, ping }: Protocol) {
    this.#size = messageSize;
    this.#ping = ping?.question;
  }

  /** The next message; `what` is said of it when it does not come. */
  next(what: string): Promise<Buffer> {
    const message = this.#waiting.shift();
    if (message) return Promise.resolve(message);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(`it did not come within ${ANSWER_MS} ms`), ANSWER_MS);
      this.#fail = (reason) => {
        clearTimeout(timer);
        reject(new Error(`no ${what}: ${reason}`));
      };
      this.#take = (taken) => {
        clearTimeout(timer);
        this.#take = undefined;
        resolve(taken);
      };
    });
  }

  /** Hands on what has come and nobody has taken. */
  handOver(sink: Sink): void {
    for (const message of [...this.#waiting.splice(0), this.#bytes])
      if (message.length > 0) sink.piece(message, 0, message.length);
    this.#bytes = Buffer.alloc(0);
  }

  /** Gives up whoever waits. */
  fail(reason: string): void {
    this.#fail(reason);
  }

  piece(bytes: Buffer, start: number, end: number): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes.subarray(start, end)]);
    if (!this.#size) return;
    for (let size = this.#size(this.#bytes); size <= this.#bytes.length; size = this.#size(this.#bytes))
      this.#cut(size);
  }

  end(): void {
    if (this.#size) return;
    while (this.#bytes.length > 0) {
      const newline = this.#bytes.indexOf(NEWLINE);
      this.#cut(newline === -1 ? this.#bytes.length : newline);
      if (newline !== -1) this.#bytes = this.#bytes.subarray(1);
    }
  }

  #cut(size: number): void {
    const message = this.#bytes.subarray(0, size);
    this.#bytes = this.#bytes.subarray(size);
    if (message.length === this.#ping?.length && message.toString() === this.#ping) this.onPing();
    else if (this.#take) this.#take(message);
    else this.#waiting.push(message);
  }
}
