import { createServer, type Server } from "node:net";
import type { Establish } from "./listener.js";
import { socketConnection } from "./socket-transport.js";

/** MQTT over TCP. */
export function tcpServer(establish: Establish): Server {
  return createServer({ allowHalfOpen: true }, (socket) => establish(socketConnection(socket, "tcp")));
}
