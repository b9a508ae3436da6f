import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Compression } from "./compression.js";
import { visitorOf } from "./visitor.js";
import { WebSocketTransport } from "./websocket.js";

/** How long a client has to answer the closing handshake before it is cut off. */
const CLOSE_TIMEOUT = 5_000;
/** What a client sends is decompressed in steps of this size; the session keeps as much. */
const INFLATE_CHUNK_BYTES = 4 * 1024;

export interface WebSocketAcceptorOptions {
  readonly maxFrameSize: number;
  /** The subprotocols that are spoken, best first. */
  readonly protocols: readonly string[];
  readonly compression: Compression | undefined;
}

/** Accepts upgrades of one kind. */
export class WebSocketAcceptor {
  readonly #server: WebSocketServer;
  readonly #compression: Compression | undefined;

  constructor({ maxFrameSize, protocols, compression }: WebSocketAcceptorOptions) {
    this.#compression = compression;
    const options = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: compression ? negotiation(compression) : false,
      maxPayload: maxFrameSize,
      closeTimeout: CLOSE_TIMEOUT,
      handleProtocols: (offered: Set<string>) => protocols.find((protocol) => offered.has(protocol)) ?? false,
    };
    this.#server = new WebSocketServer(options);
  }

  accept(
    request: IncomingMessage,
    stream: Duplex,
    head: Buffer,
    accepted: (transport: WebSocketTransport) => void,
  ): void {
    this.#server.handleUpgrade(request, stream, head, (socket) => {
      if (this.#compression) share(this.#compression, socket);
      const threshold = this.#compression?.options.threshold ?? Number.POSITIVE_INFINITY;
      accepted(new WebSocketTransport(socket, stream, { visitor: visitorOf(request), threshold }));
    });
  }
}

/** No message refers to those before it, in either direction: little is kept of each session, and compressed messages can be shared. */
function negotiation({ options: { threshold, level, concurrency } }: Compression) {
  return {
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    threshold,
    concurrencyLimit: concurrency,
    zlibDeflateOptions: { level },
    zlibInflateOptions: { chunkSize: INFLATE_CHUNK_BYTES },
  };
}

/** How `ws` compresses for one socket. Its documentation does not tell; the tests of compression do when it changes. */
interface Extended {
  readonly _extensions: {
    readonly "permessage-deflate"?: {
      readonly params: { readonly server_max_window_bits?: number };
      compress(message: Buffer, fin: boolean, done: (error: Error | null, compressed?: Buffer) => void): void;
    };
  };
}

/** Lets a socket have messages compressed together with all others; the order in which it sends stays `ws`'s own affair. */
function share(compression: Compression, socket: WebSocket): void {
  const deflate = (socket as unknown as Extended)._extensions["permessage-deflate"];
  // A client that insists on a smaller window cannot read what is compressed for the others.
  if (!deflate || deflate.params.server_max_window_bits !== undefined) return;
  deflate.compress = (message, _fin, done) => {
    compression.compress(message).then(
      (compressed) => done(null, compressed),
      (error: Error) => {
        socket.terminate();
        done(error);
      },
    );
  };
}
