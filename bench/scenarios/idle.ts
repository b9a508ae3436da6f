import type { Idle } from "../load/idle/plan.js";
import type { Entry } from "../peers/peer.js";
import type { Scenario } from "./scenario.js";

const connected: Idle = { few: 5_000, many: 15_000 };
const subscribed: Idle = { few: 5_000, many: 10_000, filter: "bench/idle" };

/** What a connection costs that does nothing. */
export const idle: readonly Scenario[] = [
  scenario({
    name: "idle-tcp",
    entry: "tcp",
    who: "clients over TCP that are connected and do nothing",
    peers: ["mosquitto", "nats", "aedes"],
    goal: 8,
    work: connected,
  }),
  scenario({
    name: "idle-websocket",
    entry: "websocket",
    who: "clients over WebSocket that are connected and do nothing",
    peers: ["mosquitto", "nats", "aedes"],
    goal: 12,
    work: connected,
  }),
  scenario({
    name: "idle-channel",
    entry: "channel",
    who: "sessions that are subscribed to a channel to which nobody publishes",
    peers: ["ws-loop", "socketio", "centrifugo"],
    goal: 12,
    work: subscribed,
  }),
];

interface IdleScenario extends Pick<Scenario, "name" | "peers"> {
  readonly entry: Entry;
  readonly who: string;
  /** KiB. */
  readonly goal: number;
  readonly work: Idle;
}

function scenario({ name, entry, who, peers, goal, work }: IdleScenario): Scenario {
  const { few, many } = work;
  const figures = [`idleKibAt${few}`, `idleKibAt${many}`] as const;
  return {
    name,
    work: `${few} and then ${many} ${who}`,
    demand: { entry, qos: 0, connections: many },
    peers,
    figures: [...figures, "connectsPerSecond", "rssBefore", "rss"],
    goals: figures.map((figure) => ({ figure, atMost: goal })),
    rounds: 1,
    seconds: 0,
    plan: ({ subscriber }, serverPid) => ({ kind: "idle", ...work, subscriber, serverPid }),
  };
}
