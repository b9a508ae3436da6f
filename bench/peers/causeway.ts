import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Endpoint } from "../load/wire/endpoint.js";
import { benchRights } from "./causeway-rights.js";
import { packageVersion } from "./packages.js";
import { type Demand, HOST, type Peer, READY_MS, type RunningPeer, type Start } from "./peer.js";

/** Defaults of the configuration. */
const MAX_CONNECTIONS = 10_000;
const MAX_QUEUED_MESSAGES = 10_000;
/** More than a queued message takes, whatever is counted of it. */
const QUEUED_BYTES = 1024;
/** What a page is subscribed to. */
const PAGE_CHANNEL = "everything";
const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

interface ReadyLine {
  readonly msg?: string;
  readonly addresses: Readonly<Record<"mqtt" | "http", string>>;
}

/** When a write is taken for done; what is asked for last is the default. */
type Durability = "os" | "interval" | "always";

export const causeway: Peer = {
  name: "causeway",
  description:
    'the build in `dist/`, with default settings; `mqtt.maxConnections`, `mqtt.maxQueuedMessages`, `mqtt.maxQueuedSize` and `sessions.maxQueuedSize` are raised where more is asked for; for a page a channel with `topics: ["#"]` and a `maxRate`; with rights, rules for clients without a name',
  ...withDurability("always"),
};

/** Weaker and faster. */
export const variants: readonly Peer[] = (["interval", "os"] as const).map((durability) => ({
  name: `causeway-${durability}`,
  variant: true,
  description: `the same with \`durability: ${durability}\``,
  ...withDurability(durability),
}));

/** What the others cost is a ratio to this one: no rules, whatever is demanded. */
export const open: Peer = {
  ...causeway,
  name: "causeway-open",
  description: "the same without `rights`",
  start: ({ demand: { rights: _, ...demand }, ...start_ }) => start({ ...start_, demand }, "always"),
};

function withDurability(durability: Durability): Omit<Peer, "name" | "description"> {
  return {
    lacks: ({ entry, qos }) =>
      entry === "channel" && qos > 0 ? "subscribers of a channel have no QoS" : undefined,
    install: () => (existsSync(MAIN) ? undefined : "npm run build"),
    version: () => packageVersion(),
    start: (options) => start(options, durability),
  };
}

async function start(
  { children, directory, demand, profile }: Start,
  durability: Durability,
): Promise<RunningPeer> {
  const profiling = profile
    ? ["--cpu-prof", `--cpu-prof-dir=${profile.directory}`, `--cpu-prof-name=${profile.name}.cpuprofile`]
    : [];
  const file = join(directory, "causeway.yaml");
  await writeFile(file, configuration(demand, durability));
  const listen = ["--mqtt", `${HOST}:0`, "--http", `${HOST}:0`];
  const serve = ["serve", "--config", file, "--data", join(directory, "data"), ...listen];
  const process_ = await children.start(process.execPath, [...profiling, MAIN, ...serve]);
  const addresses = await process_.output.find(readAddresses, "starting causeway", READY_MS);
  const publisher: Endpoint = { host: HOST, port: portOf(addresses.mqtt), protocol: "mqtt" };
  const http = { host: HOST, port: portOf(addresses.http) };
  const subscribers: Record<Demand["entry"], Endpoint> = {
    tcp: publisher,
    websocket: { ...http, path: "/mqtt", protocol: "mqtt" },
    channel: { ...http, path: "/connection/websocket", protocol: "centrifugal" },
  };
  const metrics = `http://${addresses.http}/metrics`;
  const subscriber = subscribers[demand.entry];
  return { process: process_, publisher, subscriber, pageChannel: PAGE_CHANNEL, metrics };
}

function configuration(demand: Demand, durability: Durability): string {
  const { connections, queued = 0, page, rights } = demand;
  const queueBytes = `${queued * QUEUED_BYTES}B`;
  const raised = queued > MAX_QUEUED_MESSAGES;
  const keys = {
    ...(durability === "always" ? {} : { durability }),
    mqtt: {
      ...(connections > MAX_CONNECTIONS ? { maxConnections: connections } : {}),
      ...(raised ? { maxQueuedMessages: queued, maxQueuedSize: queueBytes } : {}),
    },
    sessions: raised ? { maxQueuedSize: queueBytes } : {},
    ...(rights === undefined ? {} : { rights: benchRights(rights) }),
    bridge: page ? { channels: [{ channel: PAGE_CHANNEL, topics: ["#"], maxRate: page.maxRate }] } : {},
  };
  // JSON is YAML too.
  return JSON.stringify(keys);
}

function readAddresses(line: string): ReadyLine["addresses"] | undefined {
  if (!line.startsWith("{")) return undefined;
  const { msg, addresses } = JSON.parse(line) as ReadyLine;
  return msg === "ready" ? addresses : undefined;
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}
