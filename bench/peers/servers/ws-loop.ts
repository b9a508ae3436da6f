import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";

/* What a program does that has no broker: one WebSocket server, and each message to each socket. */

const HOST = "127.0.0.1";

// Whoever started this is gone.
process.stdin.once("end", () => process.exit(1)).resume();
process.once("SIGTERM", () => process.exit(0));

const subscribers = new Set<WebSocket>();
const server = new WebSocketServer({ host: HOST, port: 0, perMessageDeflate: false });

server.on("connection", (socket, request) => {
  if (request.url === "/publish") socket.on("message", (message) => publish(message.toString()));
  else {
    subscribers.add(socket);
    socket.on("close", () => subscribers.delete(socket));
  }
});

function publish(message: string): void {
  const data: unknown = JSON.parse(message);
  for (const socket of subscribers)
    if (socket.readyState === WebSocket.OPEN)
      socket.send(JSON.stringify({ push: { channel: "bench", pub: { data, tags: { topic: "bench" } } } }));
}

await once(server, "listening");
process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
