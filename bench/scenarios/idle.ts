import type { Idle } from "../load/idle/plan.js";
import type { FigureName } from "../measure/figures.js";
import type { Entry } from "../peers/peer.js";
import type { Scenario } from "./scenario.js";

const work: Idle = { few: 5_000, many: 15_000 };
const figures: readonly FigureName[] = ["idleKibFew", "idleKibMany", "connectsPerSecond", "rssBefore", "rss"];

/** What a connection costs that does nothing. */
export const idle: readonly Scenario[] = [
  scenario("idle-tcp", "tcp", "over TCP", 8),
  scenario("idle-websocket", "websocket", "over WebSocket", 12),
];

function scenario(name: string, entry: Entry, way: string, goal: number): Scenario {
  const { few, many } = work;
  return {
    name,
    work: `${few} and then ${many} clients ${way} that are connected and do nothing`,
    demand: { entry, qos: 0, connections: many },
    peers: ["mosquitto", "nats", "aedes"],
    figures,
    goals: [
      { figure: "idleKibFew", atMost: goal },
      { figure: "idleKibMany", atMost: goal },
    ],
    rounds: 1,
    seconds: 0,
    plan: ({ subscriber }, serverPid) => ({ kind: "idle", ...work, subscriber, serverPid }),
  };
}
