import type { QoS } from "../protocols/protocol.js";
import type { Endpoint } from "../wire/endpoint.js";

/** One publisher that sends at an even rate to many subscribers. */
export interface Steady {
  readonly perSecond: number;
  readonly subscribers: number;
  /** Of so many subscribers one stops reading after the first message; none without it. */
  readonly frozenEvery?: number;
  /** Messages that are sent before as fast as the others read them, so that the sockets of those who do not are full. */
  readonly leadIn?: number;
  readonly qos: QoS;
  readonly payloadBytes: number;
}

export interface SteadyPlan extends Steady {
  readonly kind: "steady";
  readonly publisher: Endpoint;
  readonly subscriber: Endpoint;
  readonly warmup: number;
  readonly seconds: number;
  readonly serverPid: number;
}
