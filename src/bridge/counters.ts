/** What the bridge counts. */
export class Counters {
  /** Last values held, over all channels. */
  topics = 0;
  /** Last values given up because a channel had `bridge.maxTopics` of them. */
  topicsDropped = 0;
  /** Topics remembered as removed, over all channels. */
  removedTopics = 0;
  /** Publications held in histories, and their bytes. */
  historyPublications = 0;
  historyBytes = 0;
  /** Publications that histories gave up because of `bridge.maxHistorySize`. */
  historyDropped = 0;
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
  /** Publications and requests of clients whose data the rule refused, as too large or against its schema. */
  dataRefused = 0;
  /** Requests that were asked for; all of them end as one of the next four, or wait. */
  requests = 0;
  requestsAnswered = 0;
  requestsTimedOut = 0;
  /** Refused by the bridge or the broker: no device was told. */
  requestsRefused = 0;
  /** Their client went away, or the server was stopped. */
  requestsCancelled = 0;
  /** Idle channels closed before their time because there were too many of them. */
  idleDropped = 0;
}

/** What `stats()` gives. */
export interface BridgeStats extends Readonly<Counters> {
  readonly channels: number;
  readonly subscribers: number;
  /** Requests that wait for their answers. */
  readonly requestsPending: number;
}
