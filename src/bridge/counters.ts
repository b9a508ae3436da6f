/** What the bridge counts. */
export class Counters {
  /** Last values held, over all channels. */
  topics = 0;
  /** Last values given up because a channel had `bridge.maxTopics` of them. */
  topicsDropped = 0;
  /** Messages that came in for channels. */
  messages = 0;
  /** Messages that no channel name stands for, as with an empty level where a capture is. */
  unroutable = 0;
  /** Publications given to subscribers. */
  deliveries = 0;
  /** Publications of clients that the broker took. */
  published = 0;
  /** Publications of clients that the broker refused. */
  publishFailures = 0;
  /** Idle channels closed before their time because there were too many of them. */
  idleDropped = 0;
}

/** What `stats()` gives. */
export interface BridgeStats extends Readonly<Counters> {
  readonly channels: number;
  readonly subscribers: number;
}
