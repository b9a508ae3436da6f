import type { QoS } from "../protocols/protocol.js";
import type { Endpoint } from "../wire/endpoint.js";

/** Two subscribers of the same messages, of which one stops reading. */
export interface Frozen {
  readonly perSecond: number;
  readonly payloadBytes: number;
  readonly qos: QoS;
  /** Whether the session of the one that freezes outlives its connection. */
  readonly kept: boolean;
}

export interface FrozenPlan extends Frozen {
  readonly kind: "frozen";
  readonly publisher: Endpoint;
  readonly subscriber: Endpoint;
  readonly warmup: number;
  readonly seconds: number;
  readonly serverPid: number;
}
