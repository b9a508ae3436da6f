import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Endpoint } from "../load/endpoint.js";
import { packageVersion } from "./packages.js";
import { HOST, type Peer, READY_MS, type RunningPeer, type Start } from "./peer.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

interface ReadyLine {
  readonly msg?: string;
  readonly addresses: Readonly<Record<"mqtt" | "http", string>>;
}

export const causeway: Peer = {
  name: "causeway",
  description: "the build in `dist/`, with default settings",
  entries: ["tcp", "websocket", "channel"],
  install: () => (existsSync(MAIN) ? undefined : "npm run build"),
  version: () => packageVersion(),
  start,
};

async function start({ children, directory, profile }: Start): Promise<RunningPeer> {
  const profiling = profile
    ? ["--cpu-prof", `--cpu-prof-dir=${profile.directory}`, `--cpu-prof-name=${profile.name}.cpuprofile`]
    : [];
  const listen = ["--mqtt", `${HOST}:0`, "--http", `${HOST}:0`];
  const serve = ["serve", "--data", join(directory, "data"), ...listen];
  const process_ = await children.start(process.execPath, [...profiling, MAIN, ...serve]);
  const addresses = await process_.output.find(readAddresses, "starting causeway", READY_MS);
  const mqtt: Endpoint = { host: HOST, port: portOf(addresses.mqtt), protocol: "mqtt" };
  const http = { host: HOST, port: portOf(addresses.http) };
  return {
    process: process_,
    publisher: mqtt,
    subscribers: {
      tcp: mqtt,
      websocket: { ...http, path: "/mqtt", protocol: "mqtt" },
      channel: { ...http, path: "/connection/websocket", protocol: "centrifugal" },
    },
  };
}

function readAddresses(line: string): ReadyLine["addresses"] | undefined {
  if (!line.startsWith("{")) return undefined;
  const { msg, addresses } = JSON.parse(line) as ReadyLine;
  return msg === "ready" ? addresses : undefined;
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}
