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
  /** KiB that an idle connection takes, with so many of them. */
  readonly idleKibAt5000: number;
  readonly idleKibAt10000: number;
  readonly idleKibAt15000: number;
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
  /** Milliseconds from a subscription with wildcards to the first and the last of the few that match it. */
  readonly someFirst: number;
  readonly someLast: number;
  /** Milliseconds from a subscription to `#` to the first message, and how fast all of them come. */
  readonly allFirst: number;
  readonly allPerSecond: number;
  /** Milliseconds from connecting, and from CONNACK, to the first message that has waited. */
  readonly firstDelivery: number;
  readonly firstAfterConnack: number;
  readonly queuedPerSecond: number;
  readonly filtersPerSecond: number;
  /** Messages that were acknowledged to their publishers, and the server's CPU for each, in microseconds. */
  readonly messagesPerSecond: number;
  readonly cpuPerMessage: number;
  /** Bytes that the server has had written to the disk for each message. */
  readonly writtenPerMessage: number;
  /** How many messages it has written together. */
  readonly messagesPerWrite: number;
  /** Milliseconds from PUBLISH to PUBACK of a message that a session keeps, and of one that nobody keeps. */
  readonly keptP50: number;
  readonly keptP99: number;
  readonly unkeptP50: number;
  readonly unkeptP99: number;
  /** What the one takes longer than the other. */
  readonly addedP50: number;
  /** Milliseconds that the machine takes for fdatasync of a short record. */
  readonly syncP50: number;
  readonly sessionsPerSecond: number;
  /** Milliseconds from starting the server to its being ready, with nothing and with what it kept. */
  readonly startEmpty: number;
  readonly startFull: number;
  /** Of the deliveries that there should have been, the part that came. */
  readonly delivered: number;
  /** Messages of the one that floods that the server took from it. */
  readonly floodPerSecond: number;
  /** Milliseconds from one frame of a page to the next. */
  readonly frameP50: number;
  readonly frameP95: number;
  readonly frameP99: number;
  readonly frameMax: number;
  /** The same while nothing came. */
  readonly quietFrameP99: number;
  /** Times that a page's thread was busy for 50 ms or more, and the longest of them in milliseconds. */
  readonly longTasks: number;
  readonly longestTask: number;
  /** What a page's thread was busy, as part of a core. */
  readonly pageBusy: number;
  readonly publicationsPerSecond: number;
  /** CPU time as parts of one core. */
  readonly serverCpu: number;
  readonly generatorCpu: number;
  readonly otherCpu: number;
}

export type FigureName = keyof AllFigures;
export type Figures = Readonly<Partial<AllFigures>>;
