import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { formatPeer } from "../access/peer.js";
import { Reading } from "./reading.js";
import type { Transport, TransportEvents } from "./transport.js";
import type { Visitor } from "./visitor.js";

/** A close reason is at most 123 bytes long [RFC 6455, 5.5.1]; reasons are ASCII. */
const MAX_REASON = 123;
/** One object for all of a kind, since `send` is called for every delivery. */
const TEXT = { plain: { binary: false, compress: false }, compressed: { binary: false, compress: true } };
const BINARY = { plain: { binary: true, compress: false }, compressed: { binary: true, compress: true } };

export interface WebSocketTransportOptions {
  readonly visitor: Visitor;
  /** Messages from this size on are compressed. */
  readonly threshold: number;
}

/** A client over a WebSocket. */
export class WebSocketTransport implements Transport {
  readonly name = "websocket";
  readonly emulated = undefined;
  readonly remote: string;
  readonly visitor: Visitor;
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #reading: Reading;
  readonly #threshold: number;
  #kind = TEXT;

  constructor(socket: WebSocket, stream: Duplex, { visitor, threshold }: WebSocketTransportOptions) {
    this.#socket = socket;
    this.#stream = stream;
    this.#reading = new Reading(socket);
    this.#threshold = threshold;
    this.visitor = visitor;
    this.remote = formatPeer(visitor.peer);
  }

  /** The subprotocol that was agreed on; empty when there was none. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  /** From now on messages are sent as binary ones. */
  sendBinary(): void {
    this.#kind = BINARY;
  }

  listen(events: TransportEvents): void {
    this.#socket.on("message", (message: Buffer) => {
      // An empty message is work too.
      this.#reading.took(message.length + 1);
      events.message(message);
    });
    this.#socket.on("pong", () => events.pong());
    // The close event follows, with the code that the client answers with, if it does.
    this.#socket.on("error", ({ message, code = "" }: NodeJS.ErrnoException) => {
      if (code.startsWith("WS_ERR_")) events.broken(message);
    });
    this.#socket.on("close", (code) => events.end(code));
  }

  get waiting(): number {
    return this.#socket.bufferedAmount;
  }

  send(message: Buffer, taken: () => void): void {
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(message, this.#optionsFor(message), taken);
  }

  sendEach(messages: readonly Buffer[], taken: () => void): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const last = messages.length - 1;
    this.#stream.cork();
    for (let i = 0; i < last; i++) {
      const message = messages[i] as Buffer;
      this.#socket.send(message, this.#optionsFor(message));
    }
    this.send(messages[last] as Buffer, taken);
    this.#stream.uncork();
  }

  ping(): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  pause(): void {
    this.#reading.pause();
  }

  resume(): void {
    this.#reading.resume();
  }

  close(code: number, reason: string): void {
    // A paused socket would never see the client's half of the closing handshake.
    this.#socket.resume();
    this.#socket.close(code, reason.slice(0, MAX_REASON));
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #optionsFor(message: Buffer): typeof TEXT.plain {
    return message.length >= this.#threshold ? this.#kind.compressed : this.#kind.plain;
  }
}
