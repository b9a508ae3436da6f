import type { Frozen } from "../load/frozen/plan.js";
import type { FigureName } from "../measure/figures.js";
import type { Entry } from "../peers/peer.js";
import type { Scenario } from "./scenario.js";

const work = { perSecond: 2_000, payloadBytes: 10_000, qos: 0, kept: false } as const satisfies Frozen;
const figures: readonly FigureName[] = [
  "delivered",
  "deliveriesPerSecond",
  "longestGap",
  "p50",
  "p99",
  "max",
  "rssGrowth",
  "peakRss",
  "serverCpu",
  "generatorCpu",
  "otherCpu",
];

/** One subscriber stops reading. The other one must not notice, and the server must not fill up. */
export const frozen: readonly Scenario[] = [
  scenario("frozen-tcp-qos0", "tcp", work, ["mosquitto", "nats", "aedes"]),
  scenario("frozen-tcp-qos1", "tcp", { ...work, qos: 1 }, ["mosquitto", "nats"]),
  scenario("frozen-tcp-qos1-kept", "tcp", { ...work, qos: 1, kept: true }, ["mosquitto", "nats"]),
  scenario("frozen-websocket-qos0", "websocket", work, ["mosquitto", "nats", "aedes"]),
  scenario("frozen-websocket-qos1", "websocket", { ...work, qos: 1 }, ["mosquitto"]),
  scenario("frozen-channel", "channel", work, ["ws-loop", "socketio", "centrifugo"]),
];

function scenario(name: string, entry: Entry, variant: Frozen, peers: readonly string[]): Scenario {
  const { perSecond, payloadBytes, qos, kept } = variant;
  const ways = { tcp: "over TCP", websocket: "over WebSocket", channel: "of a channel" };
  const sleeper = kept ? "one that stops reading and has a kept session" : "one that stops reading";
  return {
    name,
    work: `1 publisher of ${perSecond} messages/s -> a subscriber ${ways[entry]} beside ${sleeper}; QoS ${qos}, ${payloadBytes} bytes`,
    demand: { entry, qos, connections: 3, ...(kept ? { kept } : {}) },
    peers,
    figures,
    goals: [
      { figure: "delivered", atLeast: 1 },
      { figure: "longestGap", atMost: 100 },
    ],
    rounds: 1,
    plan: ({ publisher, subscriber }, serverPid, { warmup, seconds }) => ({
      kind: "frozen",
      ...variant,
      publisher,
      subscriber,
      warmup,
      seconds,
      serverPid,
    }),
  };
}
