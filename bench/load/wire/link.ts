import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { protocols } from "../protocols/index.js";
import type { Protocol } from "../protocols/protocol.js";
import type { Endpoint } from "./endpoint.js";
import { clientFrames, Frames } from "./frames.js";

/** Time to open a connection. */
const OPEN_MS = 10_000;
/** A server answers an upgrade in less. */
const MAX_RESPONSE = 16 * 1024;
/** Sockets are read one at a time and what was read is used up at once, so one buffer serves them all and stays in the cache. */
const READ_BUFFER = Buffer.allocUnsafe(256 * 1024);

/** Takes what a server sends: bytes in place, to be used before it returns, and the end of each WebSocket message. */
export interface Sink {
  piece(bytes: Buffer, start: number, end: number): void;
  end(): void;
}

/** A connection to a server, over TCP or WebSocket, that does as little as it can with what comes in. */
export class Link {
  sink: Sink;
  /** Called when the connection ends, unless {@link close} did it. */
  onLost: (reason: string) => void = () => {};
  readonly protocol: Protocol;
  readonly #endpoint: Endpoint;
  readonly #socket: Socket;
  readonly #frames: Frames | undefined;
  #response: Buffer | undefined;
  #opened: (fault?: Error) => void = () => {};
  #closing = false;
  #reason = "closed by the server";

  private constructor(endpoint: Endpoint, sink: Sink) {
    this.#endpoint = endpoint;
    this.sink = sink;
    this.protocol = protocols[endpoint.protocol];
    const { host, port, path } = endpoint;
    if (path !== undefined) {
      this.#frames = new Frames(() => this.sink);
      this.#response = Buffer.alloc(0);
    }
    const onread = { buffer: READ_BUFFER, callback: (length: number) => this.#read(length) };
    this.#socket = connect({ host, port, noDelay: true, onread });
    this.#socket.on("error", (error) => {
      this.#reason = error.message;
    });
    this.#socket.on("close", () => {
      if (!this.#closing) this.onLost(this.#reason);
    });
  }

  /** A server may speak first, and so the sink has to be there from the beginning. */
  static async open(endpoint: Endpoint, sink: Sink): Promise<Link> {
    const link = new Link(endpoint, sink);
    try {
      await link.#open();
      return link;
    } catch (error) {
      link.close();
      throw new Error(`cannot connect to ${endpoint.host}:${endpoint.port}: ${(error as Error).message}`);
    }
  }

  /** A message as the bytes that go over the wire. */
  wrap(message: Buffer): Buffer {
    return this.#frames ? clientFrames(message, this.protocol.opcode) : message;
  }

  /** Writes bytes that {@link wrap} made; false when a `drained` should be awaited. */
  write(bytes: Buffer): boolean {
    return this.#socket.write(bytes);
  }

  set onDrained(callback: () => void) {
    this.#socket.on("drain", callback);
  }

  /** Reads no more, for good. */
  freeze(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  /** Resolves when the connection is there, and has been upgraded where there is a path. */
  #open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer within ${OPEN_MS} ms`)), OPEN_MS);
      this.onLost = (reason) => this.#opened(new Error(reason));
      this.#opened = (fault) => {
        clearTimeout(timer);
        if (fault) reject(fault);
        else resolve();
      };
      this.#socket.once("connect", () => {
        if (this.#endpoint.path === undefined) this.#opened();
        else this.#upgrade(this.#endpoint.path);
      });
    });
  }

  #upgrade(path: string): void {
    const { host, port } = this.#endpoint;
    const { subprotocol } = this.protocol;
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}:${port}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
      ...(subprotocol ? [`Sec-WebSocket-Protocol: ${subprotocol}`] : []),
    ];
    this.#socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  }

  #read(length: number): boolean {
    if (this.#response) this.#readResponse(this.#response, READ_BUFFER.subarray(0, length));
    else if (this.#frames) this.#frames.take(READ_BUFFER, 0, length);
    else this.sink.piece(READ_BUFFER, 0, length);
    return true;
  }

  #readResponse(before: Buffer, chunk: Buffer): void {
    const response = Buffer.concat([before, chunk]);
    const end = response.indexOf("\r\n\r\n");
    const [status = ""] = response.toString("latin1", 0, 200).split("\r\n", 1);
    if (end === -1 && response.length < MAX_RESPONSE) {
      this.#response = response;
    } else if (end === -1 || !status.startsWith("HTTP/1.1 101 ")) {
      this.#opened(
        new Error(`the upgrade of ${this.#endpoint.path} was answered with ${JSON.stringify(status)}`),
      );
    } else {
      this.#response = undefined;
      this.#opened();
      this.#frames?.take(response, end + 4, response.length);
    }
  }
}
