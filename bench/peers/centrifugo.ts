import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { findCommand } from "../process/commands.js";
import { requireLoopback } from "../process/loopback.js";
import { freePorts } from "../process/port.js";
import { type Demand, HOST, type Peer, READY_MS, type RunningPeer, type Start } from "./peer.js";

const NAME = "centrifugo";

export const centrifugo: Peer = {
  name: NAME,
  description:
    "anonymous, in memory, else defaults; published to through its HTTP API, a request for each message, all on one connection",
  lacks,
  install: () => (command() ? undefined : "go install github.com/centrifugal/centrifugo/v6@latest"),
  version,
  start,
};

function lacks({ entry, qos, page }: Demand): string | undefined {
  if (entry !== "channel") return "it has no MQTT";
  if (qos > 0) return "subscribers of a channel have no QoS";
  return page ? "its channels have no wildcards" : undefined;
}

/** On the path, or where Go installs it. */
function command(): string | undefined {
  const { GOBIN, GOPATH } = process.env;
  return findCommand(NAME, [GOBIN ?? join(GOPATH ?? join(homedir(), "go"), "bin")]);
}

function version(): string {
  const { stdout } = spawnSync(command() ?? NAME, ["version"], { encoding: "utf8", timeout: 5_000 });
  return /v(\d\S*)/.exec(stdout)?.[1] ?? "unknown";
}

async function start({ children, directory }: Start): Promise<RunningPeer> {
  const [port = 0] = await freePorts(1);
  const file = join(directory, "centrifugo.json");
  await writeFile(file, JSON.stringify(configuration(port)));
  const child = await children.start(command() ?? NAME, [`--config=${file}`]);
  const isServing = (line: string) => (/serving .*endpoints on/.test(line) ? true : undefined);
  await child.output.find(isServing, `starting ${NAME}`, READY_MS);
  requireLoopback([port]);
  const at = { host: HOST, port };
  return {
    process: child,
    publisher: { ...at, protocol: "centrifugo-api" },
    subscriber: { ...at, path: "/connection/websocket", protocol: "centrifugal" },
  };
}

/** Of version 6. The channels of the load are named as Causeway's are, which makes their beginning a namespace. */
function configuration(port: number): object {
  return {
    http_server: { address: HOST, port: port },
    http_api: { insecure: true },
    client: { allow_anonymous_connect_without_token: true },
    channel: {
      namespaces: [{ name: "mqtt", allow_subscribe_for_client: true, allow_subscribe_for_anonymous: true }],
    },
    usage_stats: { disabled: true },
  };
}
