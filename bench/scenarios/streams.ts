import type { Streams } from "../load/streams/plan.js";
import type { FigureName } from "../measure/figures.js";
import type { Entry } from "../peers/peer.js";
import type { Goal, Scenario } from "./scenario.js";

/** Where a server may write what it is given to its disk. */
const WRITTEN: readonly FigureName[] = ["writtenPerMessage", "messagesPerWrite"];
const SATURATED: readonly FigureName[] = [
  "deliveriesPerSecond",
  "cpuPerDelivery",
  "p50",
  "p99",
  "max",
  "ackP50",
  "ackP99",
  "rss",
  "peakRss",
  "serverCpu",
  "generatorCpu",
  "otherCpu",
];

export interface StreamsScenario {
  readonly name: string;
  /** Who sends to whom, without QoS and size. */
  readonly work: string;
  readonly entry: Entry;
  readonly peers: readonly string[];
  readonly goals?: readonly Goal[];
  /** Rules that say who may do what. */
  readonly rights?: number;
  readonly streams: Streams;
}

/** A scenario of messages that flow as fast as it goes. */
export function streamsScenario(options: StreamsScenario): Scenario {
  const { name, work, entry, peers, goals = [], streams, rights } = options;
  const { flows, publishers, subscribers, qos, payloadBytes, unacknowledged, kept, window } = streams;
  return {
    name,
    work: `${work}; QoS ${qos}, ${payloadBytes} bytes`,
    demand: {
      entry,
      qos,
      connections: flows * (publishers + subscribers),
      ...(kept ? { kept } : {}),
      ...(rights === undefined ? {} : { rights }),
      ...(qos > 0 ? { unacknowledged } : {}),
    },
    peers,
    figures: kept ? [...SATURATED, ...WRITTEN] : SATURATED,
    goals,
    window,
    plan: ({ publisher, subscriber, metrics }, serverPid, terms) => ({
      kind: "streams",
      ...streams,
      ...terms,
      publisher,
      subscriber,
      serverPid,
      ...(kept && metrics !== undefined ? { metrics } : {}),
    }),
  };
}
