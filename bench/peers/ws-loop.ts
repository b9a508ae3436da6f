import { startOwnServer } from "./own-server.js";
import { installPackages, packageVersion } from "./packages.js";
import { HOST, type Peer } from "./peer.js";

export const wsLoop: Peer = {
  name: "ws-loop",
  description:
    "a loop over the sockets of a `ws` server that calls `JSON.stringify` and `send` for each; published to over a WebSocket",
  lacks: ({ entry, qos, page }) => {
    if (page) return "it has no client for a page";
    return entry === "channel" && qos === 0 ? undefined : "it sends JSON over WebSocket and nothing else";
  },
  install: () => installPackages("ws"),
  version: () => `ws ${packageVersion("ws")}`,
  async start(start) {
    const { process, ports } = await startOwnServer<{ port: number }>(start, "ws-loop");
    const at = (path: string) => ({ host: HOST, port: ports.port, path, protocol: "plain" as const });
    return { process, publisher: at("/publish"), subscriber: at("/subscribe") };
  },
};
