/** Everything that can be measured of one server in one round; a scenario has some of it. */
export interface AllFigures {
  readonly deliveriesPerSecond: number;
  /** Of the server's process, in microseconds. */
  readonly cpuPerDelivery: number;
  /** Milliseconds from publishing to delivery. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Milliseconds from PUBLISH to its last acknowledgement. */
  readonly ackP50: number;
  readonly ackP99: number;
  /** Resident bytes of the server's process at the end, and the most they were. */
  readonly rss: number;
  readonly peakRss: number;
  /** Resident bytes before there was anything to do. */
  readonly rssBefore: number;
  /** The most that they were while it was looked at. */
  readonly rssMost: number;
  /** How far they rose above what they were before. */
  readonly rssGrowth: number;
  /** Milliseconds in which a subscriber got nothing. */
  readonly longestGap: number;
  /** KiB that an idle connection takes, with some of them and with many. */
  readonly idleKibFew: number;
  readonly idleKibMany: number;
  readonly connectsPerSecond: number;
  /** CPU per delivery with few filters and with many, in microseconds. */
  readonly cpuAtFew: number;
  readonly cpuAtMany: number;
  /** What is measured with many divided by what is measured with few. */
  readonly growth: number;
  /** Milliseconds from a subscription to its retained message, with few of them and with many. */
  readonly answerFew: number;
  readonly answerMany: number;
  readonly retainedPerSecond: number;
  /** Milliseconds from connecting to the first message that has waited. */
  readonly firstDelivery: number;
  readonly queuedPerSecond: number;
  readonly filtersPerSecond: number;
  /** Of the deliveries that there should have been, the part that came. */
  readonly delivered: number;
  /** Messages of the one that floods that the server took from it. */
  readonly floodPerSecond: number;
  /** CPU time as parts of one core. */
  readonly serverCpu: number;
  readonly generatorCpu: number;
  readonly otherCpu: number;
}

export type FigureName = keyof AllFigures;
export type Figures = Readonly<Partial<AllFigures>>;
