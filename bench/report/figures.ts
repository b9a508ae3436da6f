import type { FigureName } from "../measure/figures.js";

export interface FigureStyle {
  readonly label: string;
  /** Which way is good; undefined for what only explains the others. */
  readonly better?: "more" | "less";
  /** Less than this is taken for this when figures are compared: nothing is no measure of anything. */
  readonly floor?: number;
  readonly show: (value: number) => string;
}

const milliseconds = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(0));
/** Also for what takes microseconds. */
const fine = (value: number) => (value < 10 ? value.toFixed(3) : value.toFixed(1));
const mebibytes = (value: number) => (value / 1024 ** 2).toFixed(0);
const thousandths = (value: number) => value.toFixed(3);
const tenths = (value: number) => value.toFixed(1);
const percent = (value: number) => `${(value * 100).toFixed(0)} %`;
const whole = (value: number) => Math.round(value).toLocaleString("en-US");

/** How figures are shown. */
export const figureStyles: Readonly<Record<FigureName, FigureStyle>> = {
  deliveriesPerSecond: { label: "deliveries/s", better: "more", show: whole },
  cpuPerDelivery: { label: "CPU us/delivery", better: "less", show: thousandths },
  p50: { label: "p50 ms", better: "less", show: milliseconds },
  p99: { label: "p99 ms", better: "less", show: milliseconds },
  max: { label: "max ms", better: "less", show: milliseconds },
  ackP50: { label: "ack p50 ms", better: "less", show: milliseconds },
  ackP99: { label: "ack p99 ms", better: "less", show: milliseconds },
  rss: { label: "RSS MiB", better: "less", show: mebibytes },
  peakRss: { label: "peak MiB", better: "less", show: mebibytes },
  rssBefore: { label: "RSS before MiB", show: mebibytes },
  rssMost: { label: "RSS most MiB", better: "less", show: mebibytes },
  rssGrowth: { label: "RSS growth MiB", better: "less", floor: 1024 ** 2, show: mebibytes },
  longestGap: { label: "longest gap ms", better: "less", show: milliseconds },
  idleKibAt5000: { label: "KiB each at 5,000", better: "less", show: tenths },
  idleKibAt10000: { label: "KiB each at 10,000", better: "less", show: tenths },
  idleKibAt15000: { label: "KiB each at 15,000", better: "less", show: tenths },
  connectsPerSecond: { label: "connects/s", better: "more", show: whole },
  cpuAtFew: { label: "CPU us at 100", better: "less", show: thousandths },
  cpuAtMany: { label: "CPU us at 100,000", better: "less", show: thousandths },
  // Below 1 it is chance.
  growth: { label: "growth", better: "less", floor: 1, show: (value) => `x${value.toFixed(2)}` },
  answerFew: { label: "answer ms at 100", better: "less", show: milliseconds },
  answerMany: { label: "answer ms at 1,000,000", better: "less", show: milliseconds },
  retainedPerSecond: { label: "retained/s", better: "more", show: whole },
  someFirst: { label: "`+/x/#` first ms", better: "less", show: milliseconds },
  someLast: { label: "`+/x/#` last ms", better: "less", show: milliseconds },
  allFirst: { label: "`#` first ms", better: "less", show: milliseconds },
  allPerSecond: { label: "`#` messages/s", better: "more", show: whole },
  firstDelivery: { label: "first after ms", better: "less", show: milliseconds },
  firstAfterConnack: { label: "after CONNACK ms", better: "less", floor: 1, show: milliseconds },
  queuedPerSecond: { label: "queued/s", better: "more", show: whole },
  messagesPerSecond: { label: "messages/s", better: "more", show: whole },
  cpuPerMessage: { label: "CPU us/message", better: "less", show: thousandths },
  // What one writes and the other does not is no measure of either.
  writtenPerMessage: { label: "disk bytes/message", show: whole },
  messagesPerWrite: { label: "messages/write", show: tenths },
  keptP50: { label: "kept p50 ms", better: "less", show: fine },
  keptP99: { label: "kept p99 ms", better: "less", show: fine },
  unkeptP50: { label: "not kept p50 ms", better: "less", show: fine },
  unkeptP99: { label: "not kept p99 ms", better: "less", show: fine },
  addedP50: { label: "added p50 ms", show: fine },
  syncP50: { label: "fdatasync p50 ms", show: fine },
  sessionsPerSecond: { label: "sessions made/s", better: "more", show: whole },
  startEmpty: { label: "start empty ms", better: "less", show: milliseconds },
  startFull: { label: "start ms", better: "less", show: milliseconds },
  filtersPerSecond: { label: "subscribed/s", better: "more", show: whole },
  // Rounded down: all is all.
  delivered: {
    label: "delivered",
    better: "more",
    show: (value) => `${(Math.floor(value * 1000) / 10).toFixed(1)} %`,
  },
  floodPerSecond: { label: "flood messages/s", show: whole },
  frameP50: { label: "frame p50 ms", better: "less", show: milliseconds },
  frameP95: { label: "frame p95 ms", better: "less", show: milliseconds },
  frameP99: { label: "frame p99 ms", better: "less", show: milliseconds },
  frameMax: { label: "longest frame ms", better: "less", show: milliseconds },
  quietFrameP99: { label: "quiet frame p99 ms", show: milliseconds },
  longTasks: { label: "long tasks", better: "less", floor: 1, show: whole },
  longestTask: { label: "longest task ms", better: "less", floor: 50, show: milliseconds },
  pageBusy: { label: "page busy", better: "less", show: percent },
  // With a limit fewer are wanted, without one more are.
  publicationsPerSecond: { label: "publications/s", show: whole },
  serverCpu: { label: "server CPU", show: percent },
  generatorCpu: { label: "generator CPU", show: percent },
  otherCpu: { label: "other CPU", show: percent },
};
