import type { Retained } from "../load/retained/plan.js";
import type { FigureName } from "../measure/figures.js";
import type { Scenario } from "./scenario.js";

const work: Retained = { few: 100, many: 1_000_000, payloadBytes: 100 };
const figures: readonly FigureName[] = [
  "growth",
  "answerFew",
  "answerMany",
  "p99",
  "max",
  "someFirst",
  "someLast",
  "allFirst",
  "allPerSecond",
  "retainedPerSecond",
  "rss",
  "rssMost",
];

/** How the answer to a subscription grows with what else is retained. */
export const retained: Scenario = {
  name: "retained",
  work: `a subscription to an exact topic among ${work.few} and then ${work.many} retained messages, there also to \`+/x/#\` (matches 100) and to \`#\`; over TCP, ${work.payloadBytes} bytes`,
  demand: { entry: "tcp", qos: 1, connections: 3 },
  peers: ["mosquitto", "nats", "aedes"],
  figures,
  goals: [{ figure: "growth", atMost: 1.3 }],
  rounds: 1,
  seconds: 0,
  plan: ({ publisher, subscriber }, serverPid) => ({
    kind: "retained",
    ...work,
    publisher,
    subscriber,
    serverPid,
  }),
};
