import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { type WebSocket, WebSocketServer } from "ws";
import { formatPeer, type Peer, peerOf } from "../access/peer.js";
import { LimitedLog } from "../log/limited.js";
import { AHEAD_BYTES, Connection, type Transport } from "../mqtt/connection.js";
import { type Establish, TCP_KEEP_ALIVE_MS } from "./listener.js";

/** The names under which clients ask for MQTT 3.1.1 and 3.1 [MQTT-6.0.0-4]. */
const SUBPROTOCOLS = ["mqtt", "mqttv3.1"];
/** A socket with more than this to write is written no more until it has less. */
const SATURATED_BYTES = 64 * 1024;

/** A WebSocket under a connection: each batch is one binary message [MQTT-6.0.0-1]. */
class WebSocketTransport implements Transport {
  readonly #socket: WebSocket;
  #onWritten: () => void = () => undefined;
  #waiting = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  set onDrain(callback: () => void) {
    this.#onWritten = callback;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  write(batch: Buffer): boolean {
    const { bufferedAmount } = this.#socket;
    this.#waiting = bufferedAmount + batch.length >= SATURATED_BYTES;
    if (!this.#waiting) {
      this.#socket.send(batch);
      return true;
    }
    this.#socket.send(batch, () => {
      if (!this.#waiting) return;
      this.#waiting = false;
      this.#onWritten();
    });
    return false;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.close();
  }

  destroy(): void {
    this.#socket.terminate();
  }
}

export interface WebSocketOptions {
  /** Largest MQTT packet, in bytes; a WebSocket message may hold several. */
  readonly maxPacketSize: number;
  /** Largest CONNECT. */
  readonly unauthenticatedSize?: number | undefined;
  readonly log: Logger;
}

/** Takes the upgrade of a request on the HTTP listener. */
export type AcceptUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** MQTT over WebSocket, for the HTTP listener's upgrade requests. `transport` is `ws` or `wss`. */
export function acceptWebSockets(
  transport: string,
  options: WebSocketOptions,
  establish: Establish,
): AcceptUpgrade {
  const log = new LimitedLog(options.log);
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: Math.max(options.maxPacketSize * 2, 1024 * 1024),
    handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false,
  });
  return (request, socket, head) => {
    if (!offersMqtt(request)) {
      log.warn("WebSocket refused: no MQTT subprotocol", { remote: formatPeer(peerOf(request)) });
      refuse(socket, "A WebSocket for MQTT must ask for the subprotocol mqtt [MQTT-6.0.0-3].");
      return;
    }
    request.socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = webSocketConnection(webSocket, transport, peerOf(request));
      if (options.unauthenticatedSize !== undefined)
        limitStranger(socket, connection, options.unauthenticatedSize);
      establish(connection, request);
    });
  };
}

function webSocketConnection(socket: WebSocket, transport: string, peer: Peer): Connection {
  const carrier = new WebSocketTransport(socket);
  const connection = new Connection(carrier, { transport, peer });
  carrier.onDrain = () => connection.drained();
  socket.on("message", (data, isBinary) => {
    if (isBinary) connection.received(data as Buffer);
    else connection.abort("a text message; MQTT over WebSocket is binary [MQTT-6.0.0-1]");
  });
  socket.on("error", (error) => connection.disconnected(error));
  // What was received before the close is still read.
  socket.on("close", () => connection.ended());
  return connection;
}

/** A message is put together before anybody sees it, so what somebody sends who is not let in yet is counted as it arrives. */
function limitStranger(socket: Duplex, connection: Connection, unauthenticatedSize: number): void {
  let left = unauthenticatedSize + AHEAD_BYTES;
  const count = ({ length }: Buffer) => {
    left -= length;
    if (connection.opened) socket.off("data", count);
    else if (left < 0) connection.abort("too much was sent before it was let in: limits.unauthenticatedSize");
  };
  socket.on("data", count);
}

function offersMqtt(request: IncomingMessage): boolean {
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",");
  return offered.some((name) => SUBPROTOCOLS.includes(name.trim()));
}

function refuse(socket: Duplex, message: string): void {
  const body = `${message}\n`;
  socket.end(
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n" +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
