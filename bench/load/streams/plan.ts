import type { QoS } from "../protocols/protocol.js";
import type { Endpoint } from "../wire/endpoint.js";

/** Who sends what to whom: some flows that have nothing to do with each other, in each of them some publishers and subscribers. */
export interface Streams {
  readonly flows: number;
  /** In each flow. With several, each has a topic of its own, and subscribers a wildcard. */
  readonly publishers: number;
  readonly subscribers: number;
  /** Of so many subscribers one stops reading after the first message; none without it. */
  readonly frozenEvery?: number;
  readonly qos: QoS;
  readonly payloadBytes: number;
  /** Messages of a flow that may be on their way to its slowest subscriber. */
  readonly window: number;
  /** What is under way is not given up as soon as at QoS 0: with so many deliveries in the window a server may take its time. */
  readonly patient?: boolean;
  /** Messages of a publisher that may be unacknowledged, at QoS 1 and 2. */
  readonly unacknowledged: number;
  /** Whether the subscribers' sessions outlive their connections. */
  readonly kept: boolean;
}

/** As fast as the windows allow. */
export interface StreamsPlan extends Streams {
  readonly kind: "streams";
  readonly publisher: Endpoint;
  readonly subscriber: Endpoint;
  /** Seconds of load before the measurement, and of the measurement. */
  readonly warmup: number;
  readonly seconds: number;
  readonly serverPid: number;
  /** URL of the server's metrics, where it is to be looked at what it writes. */
  readonly metrics?: string;
}
