import type { Endpoint } from "../wire/endpoint.js";

/** One publisher at QoS 1 that has one message under way at a time. */
export interface Lone {
  readonly payloadBytes: number;
}

export interface LonePlan extends Lone {
  readonly kind: "lone";
  readonly publisher: Endpoint;
  readonly subscriber: Endpoint;
  /** Of each of its two halves. */
  readonly warmup: number;
  readonly seconds: number;
  readonly serverPid: number;
}
