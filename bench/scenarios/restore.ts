import type { Restore } from "../load/restore/plan.js";
import type { FigureName } from "../measure/figures.js";
import type { Scenario } from "./scenario.js";

const work: Restore = { sessions: 100_000, queuedEvery: 100, queuedMessages: 10, payloadBytes: 100 };
/** Of those who make the sessions. */
const CONNECTIONS = 64;
const figures: readonly FigureName[] = [
  "startFull",
  "startEmpty",
  "rss",
  "peakRss",
  "rssBefore",
  "p50",
  "p99",
  "sessionsPerSecond",
];

/** A server that has much to find when it is started. */
export const restore: Scenario = {
  name: "restore",
  work: `start with ${work.sessions} kept sessions of 1 subscription each, every ${work.queuedEvery}th with ${work.queuedMessages} messages that wait; then clients come back one by one, over TCP; QoS 1, ${work.payloadBytes} bytes`,
  demand: { entry: "tcp", qos: 1, connections: CONNECTIONS + 1, kept: true, persistent: true },
  peers: ["mosquitto"],
  figures,
  goals: [],
  rounds: 1,
  seconds: 0,
  seed: ({ publisher, subscriber }, serverPid) => ({
    kind: "populate",
    ...work,
    publisher,
    subscriber,
    serverPid,
  }),
  plan: ({ publisher, subscriber }, serverPid) => ({
    kind: "restore",
    ...work,
    publisher,
    subscriber,
    serverPid,
  }),
};
