import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { Aedes } from "aedes";
import { createWebSocketStream, WebSocketServer } from "ws";

/* Aedes as its documentation starts it, in a process of its own. */

const HOST = "127.0.0.1";

// Whoever started this is gone.
process.stdin.once("end", () => process.exit(1)).resume();
process.once("SIGTERM", () => process.exit(0));

const broker = await Aedes.createBroker();
const tcp = createServer((socket) => broker.handle(socket)).listen(0, HOST);
const websocket = new WebSocketServer({ host: HOST, port: 0, perMessageDeflate: false });
websocket.on("connection", (socket, request) => broker.handle(createWebSocketStream(socket), request));
await Promise.all([once(tcp, "listening"), once(websocket, "listening")]);

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
process.stdout.write(`${JSON.stringify({ tcp: portOf(tcp), websocket: portOf(websocket) })}\n`);
