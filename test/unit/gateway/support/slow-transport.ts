import type { Transport } from "../../../../src/gateway/transport.js";

/** A client that takes what it is sent when the test says so. */
export class SlowTransport implements Transport {
  readonly name = "websocket";
  readonly emulated = undefined;
  readonly remote = "test";
  readonly visitor = { peer: { address: "192.0.2.1", port: 1, secure: false }, cookie: undefined };
  /** Messages that have been taken. */
  readonly taken: string[] = [];
  readonly #waiting: { message: Buffer; taken: () => void }[] = [];
  isClosed = false;

  get waiting(): number {
    return this.#waiting.reduce((sum, { message }) => sum + message.length, 0);
  }

  /** Lines that have been taken. */
  get lines(): string[] {
    return this.taken.flatMap((message) => message.split("\n"));
  }

  listen(): void {}

  send(message: Buffer, taken: () => void): void {
    this.#waiting.push({ message, taken });
  }

  sendEach(messages: readonly Buffer[], taken: () => void): void {
    this.send(Buffer.concat(messages), taken);
  }

  /** Takes the oldest messages, all of them unless a number is given. */
  take(count = this.#waiting.length): void {
    for (const { message, taken } of this.#waiting.splice(0, count)) {
      this.taken.push(message.toString());
      taken();
    }
  }

  /** False when there is none. */
  takeOne(): boolean {
    const some = this.#waiting.length > 0;
    this.take(1);
    return some;
  }

  ping(): void {}
  pause(): void {}
  resume(): void {}
  close(): void {
    this.isClosed = true;
  }
  terminate(): void {
    this.isClosed = true;
  }
}
