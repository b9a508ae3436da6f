import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { Reading } from "./reading.js";
import type { Transport, TransportEvents } from "./transport.js";

/** How long a client has to answer the closing handshake before it is cut off. */
const CLOSE_TIMEOUT = 5_000;
/** A close reason is at most 123 bytes long [RFC 6455, 5.5.1]; reasons are ASCII. */
const MAX_REASON = 123;
/** Text and not compressed; one object for all, since `send` is called for every delivery. */
const TEXT = { binary: false, compress: false };

/** Accepts upgrades of one kind. `protocols` are the subprotocols it speaks, best first. */
export function webSocketAcceptor(maxFrameSize: number, protocols: readonly string[]): WebSocketServer {
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxFrameSize,
    closeTimeout: CLOSE_TIMEOUT,
    handleProtocols: (offered: Set<string>) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  };
  return new WebSocketServer(options);
}

/** A client over a WebSocket. */
export class WebSocketTransport implements Transport {
  readonly remote: string;
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #reading: Reading;

  constructor(socket: WebSocket, stream: Duplex, remote: string) {
    this.#socket = socket;
    this.#stream = stream;
    this.#reading = new Reading(socket);
    this.remote = remote;
  }

  /** Tells `events` what happens, from now on. */
  listen(events: TransportEvents): void {
    this.#socket.on("message", (message: Buffer) => {
      // An empty message is work too.
      this.#reading.took(message.length + 1);
      events.message(message.toString());
    });
    this.#socket.on("pong", () => events.pong());
    // The close event follows with the code, and says all there is to say.
    this.#socket.on("error", () => {});
    this.#socket.on("close", (code) => events.end(code));
  }

  get waiting(): number {
    return this.#socket.bufferedAmount;
  }

  send(message: Buffer, taken: () => void): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(message, TEXT, taken);
  }

  sendEach(messages: readonly Buffer[], taken: () => void): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const last = messages.length - 1;
    this.#stream.cork();
    for (let i = 0; i < last; i++) this.#socket.send(messages[i] as Buffer, TEXT);
    this.#socket.send(messages[last] as Buffer, TEXT, taken);
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
}

/** Address and port of the client that sent `request`. */
export function remoteOf(request: IncomingMessage): string {
  const { remoteAddress = "unknown", remotePort } = request.socket;
  return remotePort === undefined ? remoteAddress : `${remoteAddress}:${remotePort}`;
}
