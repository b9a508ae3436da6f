import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { formatPeer } from "../access/peer.js";
import { disconnects } from "./codes.js";
import { OrderedFrames } from "./ordered-frames.js";
import type { StreamFormat } from "./stream-format.js";
import type { Emulated, Transport, TransportEvents, TransportName } from "./transport.js";
import { type Visitor, visitorOf } from "./visitor.js";

/** How long a client has to take the rest of the response before it is cut off. */
const CLOSE_TIMEOUT = 5_000;
/** Nothing between the server and the client may keep, collect or change what goes by. */
const HEADERS = {
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
  "X-Content-Type-Options": "nosniff",
  // The end of the response is the end of the connection: nothing waits behind a response that takes hours.
  Connection: "close",
};

/** A client that is told things by one response that goes on, and sends by requests beside it. */
export class HttpTransport implements Transport {
  readonly name: TransportName;
  readonly emulated: Emulated;
  readonly remote: string;
  readonly visitor: Visitor;
  readonly #response: ServerResponse;
  readonly #format: StreamFormat;
  readonly #maxFrameSize: number;
  #frames: OrderedFrames | undefined;
  #cutOff: NodeJS.Timeout | undefined;
  #code: number = disconnects.closed.code;
  #closing = false;

  constructor(request: IncomingMessage, response: ServerResponse, options: HttpTransportOptions) {
    this.name = options.format.name;
    this.visitor = visitorOf(request);
    this.remote = formatPeer(this.visitor.peer);
    this.emulated = { session: randomBytes(16).toString("hex"), node: options.node };
    this.#response = response;
    this.#format = options.format;
    this.#maxFrameSize = options.maxFrameSize;
  }

  listen(events: TransportEvents): void {
    const { contentType, preamble } = this.#format;
    this.#frames = new OrderedFrames(this.#maxFrameSize, (text) => events.message(text));
    // The close event follows, and says all there is to say.
    this.#response.on("error", () => {});
    this.#response.once("close", () => {
      clearTimeout(this.#cutOff);
      this.#frames?.clear();
      events.end(this.#code);
    });
    this.#response.writeHead(200, { ...HEADERS, "Content-Type": contentType });
    const first = preamble();
    if (first !== "") this.#response.write(first);
  }

  /** A frame of the client's, from whichever request; false when too many wait. What comes after the end is dropped. */
  receive(text: string): boolean {
    return this.#closing || this.#frames === undefined || this.#frames.add(text);
  }

  /** Why it ended, once it has. */
  get code(): number {
    return this.#code;
  }

  get waiting(): number {
    return this.#response.writableLength;
  }

  send(message: Buffer, taken: () => void): void {
    this.#response.write(this.#format.encode(message), taken);
  }

  sendEach(messages: readonly Buffer[], taken: () => void): void {
    const last = messages.length - 1;
    for (let i = 0; i < last; i++) this.#response.write(this.#format.encode(messages[i] as Buffer));
    this.send(messages[last] as Buffer, taken);
  }

  /** HTTP has no such thing: sessions that come this way ask within their messages. */
  ping(): void {}

  pause(): void {
    this.#frames?.pause();
  }

  resume(): void {
    this.#frames?.resume();
  }

  close(code: number, reason: string): void {
    this.#code = code;
    this.#closing = true;
    this.#frames?.clear();
    this.#cutOff = setTimeout(() => this.terminate(), CLOSE_TIMEOUT);
    const push = Buffer.from(JSON.stringify({ push: { disconnect: { code, reason } } }));
    this.#response.end(this.#format.encode(push));
  }

  terminate(): void {
    this.#response.destroy();
  }
}

export interface HttpTransportOptions {
  readonly format: StreamFormat;
  readonly node: string;
  readonly maxFrameSize: number;
}
