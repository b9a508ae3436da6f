import type { Streams } from "../load/streams/plan.js";
import { streamsScenario } from "./streams.js";

const RULES = 100;
/** Beside the same server without rules. */
const common = {
  entry: "tcp",
  peers: ["causeway-open"],
  goals: [{ figure: "cpuPerDelivery", atMost: 1.15, against: "causeway-open" }],
  rights: RULES,
} as const;
const streams: Omit<Streams, "flows" | "publishers" | "window"> = {
  subscribers: 1,
  qos: 0,
  payloadBytes: 100,
  unacknowledged: 200,
  kept: false,
};

/** What it costs to ask who may do what: of every message that comes in, and of every one that goes out to a wildcard. */
export const rights = [
  streamsScenario({
    ...common,
    name: "rights-fan-in",
    work: `10 publishers with a topic each -> 1 subscriber with a wildcard, over TCP, under ${RULES} rules`,
    streams: { ...streams, flows: 1, publishers: 10, window: 1_000 },
  }),
  streamsScenario({
    ...common,
    name: "rights-pairs",
    work: `50 times 1 publisher -> 1 subscriber, each pair with a topic of its own, over TCP, under ${RULES} rules`,
    streams: { ...streams, flows: 50, publishers: 1, window: 20, unacknowledged: 20 },
  }),
];
