import type { Steady } from "../load/steady/plan.js";
import type { Streams } from "../load/streams/plan.js";
import type { FigureName } from "../measure/figures.js";
import type { Goal, Scenario } from "./scenario.js";

const SUBSCRIBERS = 1_000;
const FROZEN_EVERY = 10;
const peers = ["ws-loop", "socketio", "centrifugo"];
const demand = { entry: "channel", qos: 0, connections: SUBSCRIBERS + 1 } as const;
const steady: Steady = {
  perSecond: 20,
  subscribers: SUBSCRIBERS,
  frozenEvery: FROZEN_EVERY,
  // More than the kernel keeps for a connection, which is 4 MiB here and less than 5 where Linux is as it comes.
  leadIn: 600,
  qos: 0,
  payloadBytes: 10_000,
};
const saturated: Streams = {
  flows: 1,
  publishers: 1,
  subscribers: SUBSCRIBERS,
  frozenEvery: FROZEN_EVERY,
  qos: 0,
  payloadBytes: 100,
  window: 100,
  patient: true,
  unacknowledged: 100,
  kept: false,
};
const figures: readonly FigureName[] = [
  "delivered",
  "deliveriesPerSecond",
  "cpuPerDelivery",
  "p50",
  "p99",
  "max",
  "rssBefore",
  "rssMost",
  "rssGrowth",
  "serverCpu",
  "generatorCpu",
  "otherCpu",
];
const goals: readonly Goal[] = [
  { figure: "delivered", atLeast: 1 },
  ...peers.map((against) => ({ figure: "cpuPerDelivery", atMost: 1, against }) as const),
];
const SECONDS = 10;

/** Many subscribers of one channel, of which one in ten stops reading. What is delivered, and how soon, is of the others. */
export const crowd: readonly Scenario[] = [
  {
    name: "crowd",
    work: `1 publisher of ${steady.perSecond} messages/s -> ${workOf(steady.payloadBytes)}`,
    demand,
    peers,
    figures,
    goals: [...goals, ...peers.map((against) => ({ figure: "p99", atMost: 1, against }) as const)],
    seconds: SECONDS,
    plan: ({ publisher, subscriber }, serverPid, { warmup, seconds }) => ({
      kind: "steady",
      ...steady,
      publisher,
      subscriber,
      warmup,
      seconds,
      serverPid,
    }),
  },
  {
    name: "crowd-saturated",
    work: `1 publisher, as fast as it goes -> ${workOf(saturated.payloadBytes)}`,
    demand,
    peers,
    figures,
    goals,
    window: saturated.window,
    rounds: 1,
    seconds: SECONDS,
    plan: ({ publisher, subscriber }, serverPid, terms) => ({
      kind: "streams",
      ...saturated,
      ...terms,
      publisher,
      subscriber,
      serverPid,
    }),
  },
];

function workOf(payloadBytes: number): string {
  return `${SUBSCRIBERS} subscribers of a channel in JSON, of whom one in ${FROZEN_EVERY} stops reading; QoS 0, ${payloadBytes} bytes`;
}
