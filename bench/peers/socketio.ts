import { startOwnServer } from "./own-server.js";
import { installPackages, packageVersion } from "./packages.js";
import { HOST, type Peer } from "./peer.js";

export const socketio: Peer = {
  name: "socketio",
  description:
    'a `socket.io` server with `transports: ["websocket"]`, else defaults: `io.to(room).emit` for each message; published to by an event of a socket',
  lacks: ({ entry, qos }) =>
    entry === "channel" && qos === 0 ? undefined : "it sends JSON over WebSocket and nothing else",
  install: () => installPackages("socket.io", "socket.io-client"),
  version: () => packageVersion("socket.io"),
  async start(start) {
    const { process, ports } = await startOwnServer<{ port: number }>(start, "socketio");
    const path = "/socket.io/?EIO=4&transport=websocket";
    const endpoint = { host: HOST, port: ports.port, path, protocol: "socketio" } as const;
    return { process, publisher: endpoint, subscriber: endpoint, pageChannel: "#" };
  },
};
