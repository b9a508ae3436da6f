import type { TransportName } from "./transport.js";

/** How messages stand in the body of a response that goes on. */
export class StreamFormat {
  readonly name: TransportName;
  readonly contentType: string;
  /** What the body begins with. */
  readonly preamble: () => string;
  readonly #encode: (message: Buffer) => Buffer;
  /** Sessions that are sent the same message share its encoding too. */
  readonly #encoded = new WeakMap<Buffer, Buffer>();

  constructor(
    name: TransportName,
    contentType: string,
    encode: (message: Buffer) => Buffer,
    preamble = () => "",
  ) {
    this.name = name;
    this.contentType = contentType;
    this.preamble = preamble;
    this.#encode = encode;
  }

  encode(message: Buffer): Buffer {
    const known = this.#encoded.get(message);
    if (known) return known;
    const encoded = this.#encode(message);
    this.#encoded.set(message, encoded);
    return encoded;
  }
}

const NEWLINE = Buffer.from("\n");

/** One reply per line. */
export const httpStreamFormat = new StreamFormat("http_stream", "application/x-ndjson", (message) =>
  Buffer.concat([message, NEWLINE]),
);

/** How long an EventSource that reconnects by itself waits, in ms: differently long, so that not all come back at once. */
const RETRY_LEAST = 1_000;
const RETRY_SPREAD = 4_000;

/** One event per message. A line break would end the field, so every line is a field of its own; the client joins them again. */
export const sseFormat = new StreamFormat(
  "sse",
  "text/event-stream",
  (message) => Buffer.from(`data: ${message.toString("latin1").replaceAll("\n", "\ndata: ")}\n\n`, "latin1"),
  () => `retry: ${RETRY_LEAST + Math.floor(Math.random() * RETRY_SPREAD)}\n\n`,
);
