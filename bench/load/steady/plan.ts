import type { QoS } from "../protocols/protocol.js";
import type { Endpoint } from "../wire/endpoint.js";

/** One publisher that sends at an even rate to many subscribers. */
export interface Steady {
  readonly perSecond: number;
  readonly subscribers: number;
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
