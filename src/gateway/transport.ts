import type { Visitor } from "./visitor.js";

export type TransportName = "websocket" | "http_stream" | "sse";

/** How a client that cannot send on its own connection says which session its requests belong to. */
export interface Emulated {
  /** Known to this client only. */
  readonly session: string;
  /** The server that has the session. */
  readonly node: string;
}

/** The way to one client. Sessions know nothing else of sockets. */
export interface Transport {
  readonly name: TransportName;
  /** Told to the client when it connects; undefined where it sends on the connection itself. */
  readonly emulated: Emulated | undefined;
  /** Address and port of the client, for the log. */
  readonly remote: string;
  readonly visitor: Visitor;
  /** Bytes that were sent and that the operating system has not taken yet. */
  readonly waiting: number;
  /** Tells `events` what happens, from now on. */
  listen(events: TransportEvents): void;
  /** One message; `taken` is called once the operating system has it, or never when the connection ends first. */
  send(message: Buffer, taken: () => void): void;
  /** Several messages, as one write. */
  sendEach(messages: readonly Buffer[], taken: () => void): void;
  /** Asks for a sign of life that does not show in the messages. */
  ping(): void;
  /** Reads no more from the client, until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends the connection after what has been sent; a client that does not cooperate is cut off a little later. */
  close(code: number, reason: string): void;
  /** Cuts the connection at once. */
  terminate(): void;
}

/** What a transport tells its session. */
export interface TransportEvents {
  message(message: Buffer | string): void;
  pong(): void;
  /** What the client sent is against the rules of the transport, which ends the connection. */
  broken(reason: string): void;
  /** Called once, however it ended. */
  end(code: number): void;
}
