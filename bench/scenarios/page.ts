import type { Page } from "../load/page/plan.js";
import type { FigureName } from "../measure/figures.js";
import type { Scenario } from "./scenario.js";

const work: Page = { publishers: 10, topics: 1_000, perSecond: 20_000, payloadBytes: 100 };
const MAX_RATE = "30/s";
const figures: readonly FigureName[] = [
  "frameP50",
  "frameP95",
  "frameP99",
  "frameMax",
  "quietFrameP99",
  "longTasks",
  "longestTask",
  "pageBusy",
  "publicationsPerSecond",
  "p50",
  "p99",
  "messagesPerSecond",
  "cpuPerMessage",
  "serverCpu",
  "generatorCpu",
  "rss",
  "peakRss",
];

/** A page that is sent more than anybody can see has to stay responsive. */
export const page: Scenario = {
  name: "page",
  work: `a page in a browser that shows ${work.topics} topics while ${work.publishers} publishers send ${work.perSecond} messages/s, with \`maxRate: ${MAX_RATE}\` where there is such a thing; QoS 0, ${work.payloadBytes} bytes`,
  demand: { entry: "channel", qos: 0, connections: work.publishers + 1, page: { maxRate: MAX_RATE } },
  peers: ["socketio"],
  figures,
  goals: [
    // Two frames of a screen with 60 a second.
    { figure: "frameP99", atMost: 34 },
    { figure: "longestTask", atMost: 50 },
  ],
  seconds: 10,
  plan: ({ publisher, subscriber, pageChannel = "" }, serverPid, { warmup, seconds }) => ({
    kind: "page",
    ...work,
    publisher,
    subscriber,
    channel: pageChannel,
    warmup,
    seconds,
    serverPid,
  }),
};
