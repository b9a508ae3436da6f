import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";

/**
 * Comes between a server and what it does with its sockets: from now on `look` sees every socket of the event first, and
 * it goes on only when `pass` is called. Works alike for servers of node:net, node:tls, node:http and node:https.
 */
export function intercept<S extends Socket>(
  server: EventEmitter,
  event: "connection" | "secureConnection",
  look: (socket: S, pass: () => void) => void,
): void {
  const next = server.listeners(event);
  server.removeAllListeners(event);
  server.on(event, (socket: S) =>
    look(socket, () => {
      for (const listener of next) listener.call(server, socket);
    }),
  );
}
