import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { findCommand } from "../process/commands.js";
import { requireLoopback } from "../process/loopback.js";
import { freePorts } from "../process/port.js";
import { HOST, type Peer, READY_MS, type RunningPeer, type Start } from "./peer.js";

export const mosquitto: Peer = {
  name: "mosquitto",
  description:
    "anonymous, no persistence, `set_tcp_nodelay true`, else defaults (`max_queued_messages 1000`, which the window does not exceed)",
  entries: ["tcp", "websocket"],
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

async function start({ children, directory }: Start): Promise<RunningPeer> {
  const [tcp = 0, websocket = 0] = await freePorts(2);
  const file = join(directory, "mosquitto.conf");
  await writeFile(file, configuration(tcp, websocket));
  const child = await children.start(findCommand("mosquitto") ?? "mosquitto", ["-c", file]);
  const isRunning = (line: string) => (/ running$/.test(line) ? true : undefined);
  await child.output.find(isRunning, "starting mosquitto", READY_MS);
  requireLoopback([tcp, websocket]);
  return {
    process: child,
    publisher: { host: HOST, port: tcp, protocol: "mqtt" },
    subscribers: {
      tcp: { host: HOST, port: tcp, protocol: "mqtt" },
      websocket: { host: HOST, port: websocket, path: "/mqtt", protocol: "mqtt" },
    },
  };
}

function configuration(tcp: number, websocket: number): string {
  const lines = [
    `listener ${tcp} ${HOST}`,
    "protocol mqtt",
    `listener ${websocket} ${HOST}`,
    "protocol websockets",
    // Left to itself libwebsockets opens an IPv6 socket, and so one on every interface, whatever the address.
    "socket_domain ipv4",
    "allow_anonymous true",
    "persistence false",
    "set_tcp_nodelay true",
    "log_dest stderr",
    "connection_messages false",
    // Started by root it would become a user that may not read this file again.
    `user ${userInfo().username}`,
  ];
  return `${lines.join("\n")}\n`;
}
