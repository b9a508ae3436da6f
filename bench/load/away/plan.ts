import type { Endpoint } from "../wire/endpoint.js";

/** Publishers at QoS 1, as fast as their windows allow, to a kept session whose client is away. */
export interface Away {
  readonly publishers: number;
  readonly payloadBytes: number;
}

export interface AwayPlan extends Away {
  readonly kind: "away";
  readonly publisher: Endpoint;
  readonly subscriber: Endpoint;
  readonly warmup: number;
  readonly seconds: number;
  /** Messages of all publishers together that may be unacknowledged; each has an equal share. */
  readonly window: number;
  readonly serverPid: number;
  readonly metrics?: string;
}
