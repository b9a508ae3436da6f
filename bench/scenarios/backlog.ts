import type { Backlog } from "../load/backlog/plan.js";
import type { FigureName } from "../measure/figures.js";
import type { Scenario } from "./scenario.js";

const work: Backlog = { messages: 100_000, payloadBytes: 100 };
const figures: readonly FigureName[] = [
  "firstAfterConnack",
  "firstDelivery",
  "delivered",
  "deliveriesPerSecond",
  "cpuPerDelivery",
  "queuedPerSecond",
  "rssBefore",
  "rssMost",
  "rssGrowth",
  "otherCpu",
];

/** A client that was away for long. */
export const backlog: Scenario = {
  name: "backlog",
  work: `${work.messages} messages wait for a kept session, and its client comes back; QoS 1, ${work.payloadBytes} bytes, over TCP`,
  demand: { entry: "tcp", qos: 1, connections: 2, kept: true, queued: work.messages },
  peers: ["mosquitto", "nats", "aedes"],
  figures,
  goals: [
    { figure: "firstAfterConnack", atMost: 100 },
    { figure: "firstDelivery", atMost: 100 },
    { figure: "delivered", atLeast: 1 },
  ],
  rounds: 1,
  seconds: 0,
  plan: ({ publisher, subscriber }, serverPid) => ({
    kind: "backlog",
    ...work,
    publisher,
    subscriber,
    serverPid,
  }),
};
