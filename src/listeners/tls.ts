import { createServer, type Server, type TlsOptions } from "node:tls";
import type { Establish } from "./listener.js";
import { socketConnection } from "./socket-transport.js";

/** MQTT over TLS; `handshakeTimeout` is in milliseconds. */
export function tlsServer(options: TlsOptions & { handshakeTimeout: number }, establish: Establish): Server {
  return createServer({ ...options, allowHalfOpen: true }, (socket) =>
    establish(socketConnection(socket, "tls")),
  );
}
