import type { Sink } from "./link.js";

/** In the JSON form of the Centrifugal protocol a server's ping is an empty object, and so is the answer. */
export const PING = "{}";
const NEWLINE = 0x0a;
/** Time for a server to answer. */
const ANSWER_MS = 10_000;

/** Takes whole messages off a link, one after the other, while a connection is being set up. */
export class Inbox implements Sink {
  onPing: () => void = () => {};
  readonly #split: "packets" | "frames";
  #bytes = Buffer.alloc(0);
  readonly #waiting: Buffer[] = [];
  #take: ((message: Buffer) => void) | undefined;
  #fail: (reason: string) => void = () => {};

  /** `packets`: MQTT packets, however they come; `frames`: those of the channel protocol, one to a line, in WebSocket messages. */
  constructor(split: "packets" | "frames") {
    this.#split = split;
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

  /** Gives up whoever waits. */
  fail(reason: string): void {
    this.#fail(reason);
  }

  piece(bytes: Buffer, start: number, end: number): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes.subarray(start, end)]);
    if (this.#split === "frames") return;
    for (let size = packetSize(this.#bytes); size <= this.#bytes.length; size = packetSize(this.#bytes))
      this.#cut(size);
  }

  end(): void {
    if (this.#split !== "frames") return;
    while (this.#bytes.length > 0) {
      const newline = this.#bytes.indexOf(NEWLINE);
      this.#cut(newline === -1 ? this.#bytes.length : newline);
      if (newline !== -1) this.#bytes = this.#bytes.subarray(1);
    }
  }

  #cut(size: number): void {
    const message = this.#bytes.subarray(0, size);
    this.#bytes = this.#bytes.subarray(size);
    if (message.toString() === PING) this.onPing();
    else if (this.#take) this.#take(message);
    else this.#waiting.push(message);
  }
}

/** Bytes of the MQTT packet that begins here [MQTT-2.2.3]; infinite when that can not be told yet. */
function packetSize(bytes: Buffer): number {
  let length = 0;
  for (let digit = 0; digit < 4; digit++) {
    const byte = bytes[1 + digit];
    if (byte === undefined) return Number.POSITIVE_INFINITY;
    length += (byte & 0x7f) * 128 ** digit;
    if (byte < 0x80) return 2 + digit + length;
  }
  throw new Error("the server sent a packet whose remaining length has more than four bytes");
}
