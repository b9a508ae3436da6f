import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { QoS } from "../load/protocols/protocol.js";
import { findCommand } from "../process/commands.js";
import { requireLoopback } from "../process/loopback.js";
import { freePorts } from "../process/port.js";
import { HOST, type Peer, READY_MS, type RunningPeer, type Start } from "./peer.js";

type Place = Pick<Start, "directory" | "demand">;

export const mosquitto: Peer = {
  name: "mosquitto",
  description:
    "anonymous, no persistence but in `restore`, where it saves its database when it ends, `set_tcp_nodelay true`, else defaults; where it would drop what exceeds them, saturated at QoS 1 and 2 and with a queue, it has `max_queued_messages 0` (no limit), and at QoS 2 `max_inflight_messages` of twice the publishers' window",
  lacks: ({ entry }) => (entry === "channel" ? "it has no channels" : undefined),
  install: () => (findCommand("mosquitto") ? undefined : "apt-get install mosquitto"),
  version,
  start,
};

function version(): string {
  const { stdout } = spawnSync(findCommand("mosquitto") ?? "mosquitto", ["-h"], {
    encoding: "utf8",
    timeout: 5_000,
  });
  return /version (\S+)/.exec(stdout)?.[1] ?? "unknown";
}

async function start({ children, directory, demand }: Start): Promise<RunningPeer> {
  const [tcp = 0, websocket = 0] = await freePorts(2);
  const file = join(directory, "mosquitto.conf");
  await writeFile(file, configuration(tcp, websocket, { directory, demand }));
  const child = await children.start(findCommand("mosquitto") ?? "mosquitto", ["-c", file]);
  const isRunning = (line: string) => (/ running$/.test(line) ? true : undefined);
  await child.output.find(isRunning, "starting mosquitto", READY_MS);
  requireLoopback([tcp, websocket]);
  const publisher = { host: HOST, port: tcp, protocol: "mqtt" } as const;
  const overWebSocket = { ...publisher, port: websocket, path: "/mqtt" };
  return {
    process: child,
    publisher,
    subscriber: demand.entry === "websocket" ? overWebSocket : publisher,
  };
}

function configuration(tcp: number, websocket: number, { directory, demand }: Place): string {
  const { qos, unacknowledged, queued, persistent } = demand;
  const lines = [
    `listener ${tcp} ${HOST}`,
    "protocol mqtt",
    `listener ${websocket} ${HOST}`,
    "protocol websockets",
    // Left to itself libwebsockets opens an IPv6 socket, and so one on every interface, whatever the address.
    "socket_domain ipv4",
    "allow_anonymous true",
    // Its database is written when it ends; in between it is not due within any round.
    ...(persistent ? ["persistence true", `persistence_location ${directory}/`] : ["persistence false"]),
    "set_tcp_nodelay true",
    "log_dest stderr",
    "connection_messages false",
    // Started by root it would become a user that may not read this file again.
    `user ${userInfo().username}`,
    ...(unacknowledged === undefined && queued === undefined ? [] : limits(qos, unacknowledged)),
  ];
  return `${lines.join("\n")}\n`;
}

/** So that it drops nothing. */
function limits(qos: QoS, unacknowledged = 0): string[] {
  // 2.0.11 goes on counting queued messages after they are sent, so that any limit is reached in the end.
  const queued = "max_queued_messages 0";
  // It answers QoS 2 messages that exceed this as if it had taken them, and may count one longer than its publisher does.
  return qos === 2 ? [queued, `max_inflight_messages ${2 * unacknowledged}`] : [queued];
}
