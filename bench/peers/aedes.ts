import { startOwnServer } from "./own-server.js";
import { installPackages, packageVersion } from "./packages.js";
import { HOST, type Peer } from "./peer.js";

export const aedes: Peer = {
  name: "aedes",
  description: "`Aedes.createBroker()` behind `node:net`, and behind `ws` with `createWebSocketStream`",
  entries: ["tcp", "websocket"],
  install: () => installPackages("aedes", "ws"),
  version: () => packageVersion("aedes"),
  async start(start) {
    const { process, ports } = await startOwnServer<{ tcp: number; websocket: number }>(start, "aedes");
    return {
      process,
      publisher: { host: HOST, port: ports.tcp, protocol: "mqtt" },
      subscribers: {
        tcp: { host: HOST, port: ports.tcp, protocol: "mqtt" },
        websocket: { host: HOST, port: ports.websocket, path: "/mqtt", protocol: "mqtt" },
      },
    };
  },
};
