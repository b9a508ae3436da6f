import type { Endpoint } from "../wire/endpoint.js";

/** One publisher that sends without pause, and polite ones beside it; each kind has a subscriber. */
export interface Fairness {
  readonly polite: number;
  /** Messages of each polite one. */
  readonly perSecond: number;
  readonly payloadBytes: number;
}

export interface FairnessPlan extends Fairness {
  readonly kind: "fairness";
  readonly publisher: Endpoint;
  readonly subscriber: Endpoint;
  readonly warmup: number;
  readonly seconds: number;
  readonly serverPid: number;
}
