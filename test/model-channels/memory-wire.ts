import type { Transport, TransportEvents } from "../../src/gateway/transport.js";
import { CUT, type Wire } from "./wire.js";

interface Sent {
  readonly bytes: number;
  readonly arrive: () => void;
}

/**
 * Both ends of a connection without a socket between them: what the client has not taken is all with the server, where over a socket the
 * operating system takes megabytes. Each message is a turn of the event loop under way.
 */
export class MemoryWire implements Wire, Transport {
  readonly name = "websocket";
  readonly emulated = undefined;
  readonly remote = "memory";
  readonly visitor = { peer: { address: "192.0.2.1", port: 1, secure: false }, cookie: undefined };
  onOpen = (): void => {};
  onMessage = (_text: string): void => {};
  onClose = (_code: number, _reason: string): void => {};
  #session: TransportEvents | undefined;
  #sent: Sent[] = [];
  /** Messages that the client will take. */
  #wanted = Number.POSITIVE_INFINITY;
  #delivering = false;
  #ended = false;

  /** `accept` is to {@link listen} to it. */
  constructor(accept: (transport: Transport) => void) {
    setImmediate(() => {
      if (this.#ended) return;
      accept(this);
      this.onOpen();
    });
  }

  get isOpen(): boolean {
    return this.#session !== undefined && !this.#ended;
  }

  // The server's end.

  listen(session: TransportEvents): void {
    this.#session = session;
  }

  get waiting(): number {
    return this.#sent.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  // The client's end and the server's have the same name for it, and nothing else in common.
  send(message: Buffer | string, taken: () => void = () => {}): void {
    if (typeof message === "string") this.#toServer(message);
    else this.#toClient(message, taken);
  }

  sendEach(messages: readonly Buffer[], taken: () => void): void {
    for (const message of messages) this.#toClient(message, taken);
  }

  ping(): void {}

  close(code: number, reason: string): void {
    this.#sent.push({ bytes: 0, arrive: () => this.#end(code, reason) });
    this.#wanted = Number.POSITIVE_INFINITY;
    this.#deliver();
  }

  terminate(): void {
    this.#end(CUT, "");
  }

  // The client's end.

  cut(): void {
    this.#end(CUT, "");
  }

  pause(): void {
    this.#wanted = 0;
  }

  takeOne(): void {
    this.#wanted = 1;
    this.#deliver();
  }

  resume(): void {
    this.#wanted = Number.POSITIVE_INFINITY;
    this.#deliver();
  }

  #toServer(text: string): void {
    setImmediate(() => {
      if (!this.#ended) this.#session?.message(text);
    });
  }

  #toClient(message: Buffer, taken: () => void): void {
    if (this.#ended) return;
    const text = message.toString();
    this.#sent.push({
      bytes: message.length,
      arrive: () => {
        taken();
        this.onMessage(text);
      },
    });
    this.#deliver();
  }

  #deliver(): void {
    if (this.#delivering || this.#wanted === 0 || this.#sent.length === 0) return;
    this.#delivering = true;
    setImmediate(() => {
      this.#delivering = false;
      if (this.#ended || this.#wanted === 0) return;
      this.#wanted--;
      this.#sent.shift()?.arrive();
      this.#deliver();
    });
  }

  #end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sent = [];
    setImmediate(() => {
      this.#session?.end(code);
      this.onClose(code, reason);
    });
  }
}
