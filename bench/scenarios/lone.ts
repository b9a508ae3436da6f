import type { Lone } from "../load/lone/plan.js";
import type { FigureName } from "../measure/figures.js";
import type { Scenario } from "./scenario.js";

const work: Lone = { payloadBytes: 100 };
/** More than any server takes one by one in the longest measurement that can be asked for. */
const QUEUED = 10_000_000;
const figures: readonly FigureName[] = [
  "keptP50",
  "keptP99",
  "max",
  "unkeptP50",
  "unkeptP99",
  "addedP50",
  "rss",
];

/** Nothing else is under way with which a message could share a write. */
export const lone: Scenario = {
  name: "lone-publish",
  work: `1 publisher with 1 message under way at a time, over TCP, that a kept session keeps whose client is away, and that nobody keeps; QoS 1, ${work.payloadBytes} bytes`,
  demand: { entry: "tcp", qos: 1, connections: 3, kept: true, queued: QUEUED },
  peers: ["mosquitto", "nats"],
  figures,
  goals: [],
  seconds: 3,
  plan: ({ publisher, subscriber }, serverPid, { warmup, seconds }) => ({
    kind: "lone",
    ...work,
    publisher,
    subscriber,
    warmup,
    seconds,
    serverPid,
  }),
};
