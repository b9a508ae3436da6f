import { createServer } from "node:tls";
import type { Logger } from "pino";
import { LimitedLog } from "../log/limited.js";
import { type Establish, type Listener, type ListenerAddress, listen } from "./listener.js";
import { socketConnection } from "./socket-transport.js";

export interface TlsOptions {
  /** PEM. */
  readonly cert: Buffer;
  /** PEM. */
  readonly key: Buffer;
  /** Milliseconds for the handshake. */
  readonly handshakeTimeout: number;
  /** Sockets, with those whose handshake is not done yet. */
  readonly maxSockets: number;
  readonly log: Logger;
}

/** MQTT over TLS 1.2 and later. */
export async function listenTls(
  address: ListenerAddress,
  options: TlsOptions,
  establish: Establish,
): Promise<Listener> {
  const { cert, key, handshakeTimeout } = options;
  const log = new LimitedLog(options.log);
  const server = createServer(
    { cert, key, handshakeTimeout, minVersion: "TLSv1.2", allowHalfOpen: true },
    (socket) => establish(socketConnection(socket, "tls")),
  );
  server.maxConnections = options.maxSockets;
  server.on("drop", (dropped) =>
    log.warn("TLS connection refused: too many are open", { remote: `${dropped?.remoteAddress}` }),
  );
  server.on("tlsClientError", (error, socket) => {
    log.warn("TLS handshake failed", {
      remote: `${socket.remoteAddress}:${socket.remotePort}`,
      reason: error.message,
    });
    socket.destroy();
  });
  return {
    address: await listen(server, address, "listen.mqtts"),
    close: () => void server.close(),
  };
}
