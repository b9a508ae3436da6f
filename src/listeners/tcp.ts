import { createServer } from "node:net";
import { type Establish, type Listener, type ListenerAddress, listen } from "./listener.js";
import { socketConnection } from "./socket-transport.js";

/** MQTT over TCP. */
export async function listenTcp(address: ListenerAddress, establish: Establish): Promise<Listener> {
  const server = createServer({ allowHalfOpen: true }, (socket) =>
    establish(socketConnection(socket, "tcp")),
  );
  return {
    address: await listen(server, address, "listen.mqtt"),
    close: () => void server.close(),
  };
}
