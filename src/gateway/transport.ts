/** The way to one client. Sessions know nothing else of sockets. */
export interface Transport {
  /** Address and port of the client, for the log. */
  readonly remote: string;
  /** Bytes that were sent and that the operating system has not taken yet. */
  readonly waiting: number;
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
  message(text: string): void;
  pong(): void;
  /** Called once, however it ended. */
  end(code: number): void;
}
