import type { Fairness } from "../load/fairness/plan.js";
import type { FigureName } from "../measure/figures.js";
import type { Scenario } from "./scenario.js";

const work: Fairness = { polite: 100, perSecond: 10, payloadBytes: 100 };
const figures: readonly FigureName[] = [
  "p50",
  "p99",
  "max",
  "rssBefore",
  "rssMost",
  "deliveriesPerSecond",
  "floodPerSecond",
  "serverCpu",
  "generatorCpu",
  "otherCpu",
];

/** One publisher sends all it can; the others must not notice. */
export const fairness: Scenario = {
  name: "fairness",
  work: `${work.polite} polite publishers of ${work.perSecond} messages/s -> 1 subscriber, beside 1 publisher that floods 1 subscriber, over TCP; QoS 0, ${work.payloadBytes} bytes`,
  demand: { entry: "tcp", qos: 0, connections: work.polite + 3 },
  peers: ["mosquitto", "nats", "aedes"],
  figures,
  goals: [{ figure: "p99", atMost: 50 }],
  rounds: 1,
  seconds: 30,
  plan: ({ publisher, subscriber }, serverPid, { warmup, seconds }) => ({
    kind: "fairness",
    ...work,
    publisher,
    subscriber,
    warmup,
    seconds,
    serverPid,
  }),
};
