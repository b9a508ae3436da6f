import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";

/* Socket.IO as its documentation has it: a topic is a room, and whoever is in the room `#` gets all of them. */

const HOST = "127.0.0.1";

// Whoever started this is gone.
process.stdin.once("end", () => process.exit(1)).resume();
process.once("SIGTERM", () => process.exit(0));

const server = createServer();
const io = new Server(server, { transports: ["websocket"], serveClient: false });

io.on("connection", (socket) => {
  socket.on("subscribe", async (topic: string, joined: () => void) => {
    await socket.join(topic);
    joined();
  });
  socket.on("publish", (topic: string, data: unknown) => {
    io.to([topic, "#"]).emit("message", topic, data);
  });
});

server.listen(0, HOST);
await once(server, "listening");
process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
