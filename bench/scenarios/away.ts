import type { Away } from "../load/away/plan.js";
import type { FigureName } from "../measure/figures.js";
import type { Goal, Scenario } from "./scenario.js";

const work: Away = { publishers: 10, payloadBytes: 100 };
/** Of each publisher. */
const UNACKNOWLEDGED = 200;
/** More than any server takes in the longest measurement that can be asked for. */
const QUEUED = 10_000_000;
const figures: readonly FigureName[] = [
  "messagesPerSecond",
  "cpuPerMessage",
  "ackP50",
  "ackP99",
  "writtenPerMessage",
  "messagesPerWrite",
  "delivered",
  "deliveriesPerSecond",
  "rss",
  "peakRss",
  "serverCpu",
  "generatorCpu",
  "otherCpu",
];

/** Messages that have to wait: what is acknowledged has to be there when the client comes back. */
export const awayScenarios: readonly Scenario[] = [
  scenario(
    "fan-in-qos1-away",
    "over TCP",
    ["mosquitto", "nats"],
    [{ figure: "messagesPerSecond", atLeast: 1.5, against: "mosquitto" }],
  ),
  scenario(
    "durability",
    "over TCP, with Causeway's `durability` at `always` (the default), `interval` and `os`",
    ["causeway-interval", "causeway-os"],
    [],
  ),
];

function scenario(name: string, how: string, peers: readonly string[], goals: readonly Goal[]): Scenario {
  const { publishers, payloadBytes } = work;
  return {
    name,
    work: `${publishers} publishers with a topic each -> a kept session whose client is away, ${how}; QoS 1, ${payloadBytes} bytes`,
    demand: {
      entry: "tcp",
      qos: 1,
      connections: publishers + 1,
      kept: true,
      unacknowledged: UNACKNOWLEDGED,
      queued: QUEUED,
    },
    peers,
    figures,
    goals: [...goals, { figure: "delivered", atLeast: 1 }],
    window: publishers * UNACKNOWLEDGED,
    plan: ({ publisher, subscriber, metrics }, serverPid, terms) => ({
      kind: "away",
      ...work,
      ...terms,
      publisher,
      subscriber,
      serverPid,
      ...(metrics === undefined ? {} : { metrics }),
    }),
  };
}
