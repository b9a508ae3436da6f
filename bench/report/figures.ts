import type { Outcome, Plan } from "../load/plan.js";
import { median } from "../measure/median.js";

/** What is said of one round of one server. */
export interface Figures {
  readonly deliveriesPerSecond: number;
  /** Of the server's process, in microseconds. */
  readonly cpuPerDelivery: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Resident bytes of the server's process at the end, and the most they were. */
  readonly rss: number;
  readonly peakRss: number;
  /** CPU time as parts of one core. */
  readonly serverCpu: number;
  readonly generatorCpu: number;
  readonly otherCpu: number;
}

export type FigureName = keyof Figures;

export interface FigureStyle {
  readonly label: string;
  /** Which way is good; undefined for what only explains the others. */
  readonly better?: "more" | "less";
  readonly show: (value: number) => string;
}

const milliseconds = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(0));
const mebibytes = (value: number) => (value / 1024 ** 2).toFixed(0);
const percent = (value: number) => `${(value * 100).toFixed(0)} %`;

/** How the figures are shown, in this order. */
export const figureStyles: Readonly<Record<FigureName, FigureStyle>> = {
  deliveriesPerSecond: {
    label: "deliveries/s",
    better: "more",
    show: (value) => Math.round(value).toLocaleString("en-US"),
  },
  cpuPerDelivery: { label: "CPU us/delivery", better: "less", show: (value) => value.toFixed(3) },
  p50: { label: "p50 ms", better: "less", show: milliseconds },
  p99: { label: "p99 ms", better: "less", show: milliseconds },
  max: { label: "max ms", better: "less", show: milliseconds },
  rss: { label: "RSS MiB", better: "less", show: mebibytes },
  peakRss: { label: "peak MiB", better: "less", show: mebibytes },
  serverCpu: { label: "server CPU", show: percent },
  generatorCpu: { label: "generator CPU", show: percent },
  otherCpu: { label: "other CPU", show: percent },
};

export const figureNames = Object.keys(figureStyles) as FigureName[];

/** A process with this much of a core has no more to give. */
const WHOLE_CORE = 0.9;

export interface Round extends Figures {
  readonly seconds: number;
  readonly sent: number;
  readonly expected: number;
  readonly received: number;
  readonly lost: number;
  readonly stalls: number;
  readonly foreign: number;
  readonly latencySamples: number;
  /** The load process was at its end and the server was not: the throughput says nothing of the server. */
  readonly generatorBound: boolean;
}

export function roundOf({ subscriberCount }: Plan, outcome: Outcome): Round {
  const { measured, sent, received, lost, stalls, foreign } = outcome;
  const { seconds, deliveries, latency, memory } = measured;
  const { p50, p99, max, samples: latencySamples } = latency;
  const [serverCpu, generatorCpu] = [measured.serverCpu / seconds, measured.generatorCpu / seconds];
  return {
    deliveriesPerSecond: deliveries / seconds,
    cpuPerDelivery: (measured.serverCpu * 1e6) / deliveries,
    p50,
    p99,
    max,
    rss: memory.rss,
    peakRss: memory.peak,
    serverCpu,
    generatorCpu,
    otherCpu: measured.otherCpu / seconds,
    seconds,
    sent,
    expected: sent * subscriberCount,
    received,
    lost,
    stalls,
    foreign,
    latencySamples,
    generatorBound: generatorCpu >= WHOLE_CORE && serverCpu < WHOLE_CORE,
  };
}

/** The median of each figure; undefined when there was no round. */
export function medianOf(rounds: readonly Round[]): Figures | undefined {
  if (rounds.length === 0) return undefined;
  const medians = figureNames.map((name) => [name, median(rounds.map((round) => round[name]))]);
  return Object.fromEntries(medians) as Figures;
}
