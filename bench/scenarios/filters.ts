import type { Filters } from "../load/filters/plan.js";
import type { FigureName } from "../measure/figures.js";
import type { Scenario } from "./scenario.js";

const work: Filters = {
  streams: {
    flows: 1,
    publishers: 10,
    subscribers: 1,
    qos: 0,
    payloadBytes: 100,
    window: 1_000,
    unacknowledged: 1_000,
    kept: false,
  },
  few: 100,
  many: 100_000,
  holders: 100,
};
const figures: readonly FigureName[] = [
  "growth",
  "cpuAtFew",
  "cpuAtMany",
  "deliveriesPerSecond",
  "filtersPerSecond",
  "rss",
  "serverCpu",
  "generatorCpu",
  "otherCpu",
];

/** How the cost of a message grows with what others are subscribed to. */
export const filters: Scenario = {
  name: "filters",
  work: `10 publishers -> 1 subscriber over TCP, beside ${work.few} and then ${work.many} filters of ${work.holders} clients that match nothing; QoS 0, ${work.streams.payloadBytes} bytes`,
  demand: { entry: "tcp", qos: 0, connections: 11 + work.holders },
  peers: ["mosquitto", "nats", "aedes"],
  figures,
  goals: [{ figure: "growth", atMost: 1.3 }],
  window: work.streams.window,
  rounds: 1,
  plan: ({ publisher, subscriber }, serverPid, { warmup, seconds, window }) => ({
    kind: "filters",
    ...work,
    streams: { ...work.streams, window },
    publisher,
    subscriber,
    warmup,
    seconds,
    serverPid,
  }),
};
