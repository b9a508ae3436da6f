import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Endpoint } from "../load/wire/endpoint.js";
import { findCommand } from "../process/commands.js";
import { requireLoopback } from "../process/loopback.js";
import { freePorts } from "../process/port.js";
import { type Demand, HOST, type Peer, READY_MS, type RunningPeer, type Start } from "./peer.js";

const SPARE_CONNECTIONS = 100;

interface Ports {
  readonly client: number;
  readonly websocket: number;
  /** Opened only when it is needed: it takes JetStream, which costs memory. */
  readonly mqtt?: number;
}

export const nats: Peer = {
  name: "nats",
  description:
    "`nats-server`; at QoS 0 spoken to in its own protocol, which is lighter than MQTT, over TCP and over WebSocket; at QoS 1 through its MQTT listener, with JetStream on disk (not synced for each message)",
  lacks,
  install: () => (findCommand("nats-server") ? undefined : "apt-get install nats-server"),
  version,
  start,
};

function lacks({ entry, qos }: Demand): string | undefined {
  if (entry === "channel") return "it has no channels";
  if (qos === 2) return "this version of it has no QoS 2";
  return qos === 1 && entry === "websocket" ? "QoS 1 is measured at its MQTT listener for TCP" : undefined;
}

function version(): string {
  const { stdout } = spawnSync(findCommand("nats-server") ?? "nats-server", ["--version"], {
    encoding: "utf8",
    timeout: 5_000,
  });
  return /v(\d\S*)/.exec(stdout)?.[1] ?? "unknown";
}

async function start({ children, directory, demand }: Start): Promise<RunningPeer> {
  const [client = 0, websocket = 0, mqtt = 0] = await freePorts(3);
  const ports = { client, websocket, ...(demand.qos > 0 ? { mqtt } : {}) };
  const file = join(directory, "nats.conf");
  await writeFile(file, configuration(ports, join(directory, "jetstream"), demand.connections));
  const child = await children.start(findCommand("nats-server") ?? "nats-server", ["-c", file]);
  const isReady = (line: string) => (/Server is ready$/.test(line) ? true : undefined);
  await child.output.find(isReady, "starting nats-server", READY_MS);
  requireLoopback(Object.values(ports));
  return { process: child, ...endpoints(ports, demand) };
}

function endpoints({ client, websocket, mqtt }: Ports, { entry }: Demand) {
  if (mqtt !== undefined) {
    const listener: Endpoint = { host: HOST, port: mqtt, protocol: "mqtt" };
    return { publisher: listener, subscriber: listener };
  }
  const publisher: Endpoint = { host: HOST, port: client, protocol: "nats" };
  const overWebSocket: Endpoint = { host: HOST, port: websocket, path: "/", protocol: "nats" };
  return { publisher, subscriber: entry === "websocket" ? overWebSocket : publisher };
}

function configuration({ client, websocket, mqtt }: Ports, store: string, connections: number): string {
  const lines = [
    "server_name: bench",
    `host: "${HOST}"`,
    `port: ${client}`,
    // After the first one, which cannot be turned off, so that pings stay out of what is measured.
    'ping_interval: "30m"',
    `max_connections: ${connections + SPARE_CONNECTIONS}`,
    `websocket { host: "${HOST}", port: ${websocket}, no_tls: true }`,
  ];
  if (mqtt !== undefined)
    lines.push(
      `mqtt { host: "${HOST}", port: ${mqtt} }`,
      `jetstream { store_dir: ${JSON.stringify(store)} }`,
    );
  return `${lines.join("\n")}\n`;
}
