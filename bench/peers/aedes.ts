import { startOwnServer } from "./own-server.js";
import { installPackages, packageVersion } from "./packages.js";
import { HOST, type Peer } from "./peer.js";

export const aedes: Peer = {
  name: "aedes",
  description: "`Aedes.createBroker()` behind `node:net`, and behind `ws` with `createWebSocketStream`",
  lacks: ({ entry, persistent }) => {
    if (entry === "channel") return "it has no channels";
    return persistent ? "what it keeps is lost when it ends" : undefined;
  },
  install: () => installPackages("aedes", "ws"),
  version: () => packageVersion("aedes"),
  async start(start) {
    const { process, ports } = await startOwnServer<{ tcp: number; websocket: number }>(start, "aedes");
    const tcp = { host: HOST, port: ports.tcp, protocol: "mqtt" } as const;
    const websocket = { ...tcp, port: ports.websocket, path: "/mqtt" };
    return { process, publisher: tcp, subscriber: start.demand.entry === "websocket" ? websocket : tcp };
  },
};
