import type { Socket } from "node:net";
import { peerOf } from "../access/peer.js";
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

/** A socket that knows its connection, so that all sockets share their event handlers. */
interface CarrierSocket extends Socket {
  causeway: Connection;
}

/** Wraps an accepted socket; `transport` is `tcp` or `tls`. */
export function socketConnection(socket: Socket, transport: string): Connection {
  const connection = new Connection(new SocketTransport(socket), { transport, peer: peerOf(socket) });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
  Object.assign(socket, { causeway: connection });
  socket.on("data", onData).on("drain", onDrain).on("end", onEnd).on("error", onError).on("close", onClose);
  return connection;
}

function onData(this: Socket, chunk: Buffer): void {
  (this as CarrierSocket).causeway.received(chunk);
}

function onDrain(this: Socket): void {
  (this as CarrierSocket).causeway.drained();
}

function onEnd(this: Socket): void {
  (this as CarrierSocket).causeway.ended();
}

function onError(this: Socket, error: Error): void {
  (this as CarrierSocket).causeway.disconnected(error);
}

function onClose(this: Socket): void {
  (this as CarrierSocket).causeway.disconnected();
}
