import type { Steady } from "../load/steady/plan.js";
import type { FigureName } from "../measure/figures.js";
import type { Entry } from "../peers/peer.js";
import type { Scenario } from "./scenario.js";

const work: Steady = { perSecond: 200, subscribers: 100, qos: 0, payloadBytes: 100 };
const figures: readonly FigureName[] = [
  "cpuPerDelivery",
  "p50",
  "p99",
  "max",
  "deliveriesPerSecond",
  "rss",
  "serverCpu",
  "generatorCpu",
  "otherCpu",
];

/** A server that has time: what a delivery costs when there is not much to gather. */
export const steady: readonly Scenario[] = [
  scenario("steady", "tcp", "over TCP"),
  scenario("steady-websocket", "websocket", "over WebSocket"),
];

function scenario(name: string, entry: Entry, way: string): Scenario {
  const { perSecond, subscribers, qos, payloadBytes } = work;
  return {
    name,
    work: `1 publisher of ${perSecond} messages/s -> ${subscribers} subscribers ${way}; QoS ${qos}, ${payloadBytes} bytes`,
    demand: { entry, qos, connections: subscribers + 1 },
    peers: ["mosquitto", "nats"],
    figures,
    goals: [
      { figure: "cpuPerDelivery", atMost: 8.5 },
      { figure: "cpuPerDelivery", atMost: 1, against: "mosquitto" },
      { figure: "p99", atMost: 1, against: "mosquitto" },
    ],
    plan: ({ publisher, subscriber }, serverPid, { warmup, seconds }) => ({
      kind: "steady",
      ...work,
      publisher,
      subscriber,
      warmup,
      seconds,
      serverPid,
    }),
  };
}
