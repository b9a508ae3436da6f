import type { Socket } from "node:net";
import { Connection, type Transport } from "../mqtt/connection.js";
import { TCP_KEEP_ALIVE_MS } from "./listener.js";

/** A TCP or TLS socket under a connection. */
class SocketTransport implements Transport {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  write(batch: Buffer): boolean {
    return this.#socket.write(batch);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** Wraps an accepted socket; `transport` is `tcp` or `tls`. */
export function socketConnection(socket: Socket, transport: string): Connection {
  const remote = `${socket.remoteAddress ?? "unknown"}:${socket.remotePort ?? 0}`;
  const connection = new Connection(new SocketTransport(socket), { transport, remote });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
  socket.on("data", (chunk) => connection.received(chunk));
  socket.on("drain", () => connection.drained());
  socket.on("end", () => connection.ended());
  socket.on("error", (error) => connection.disconnected(error));
  socket.on("close", () => connection.disconnected());
  return connection;
}
