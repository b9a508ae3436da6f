import type { Endpoint } from "../wire/endpoint.js";

/** Retained messages on topics of their own, and somebody who asks for one of them. */
export interface Retained {
  readonly few: number;
  readonly many: number;
  readonly payloadBytes: number;
}

export interface RetainedPlan extends Retained {
  readonly kind: "retained";
  readonly publisher: Endpoint;
  readonly subscriber: Endpoint;
  readonly serverPid: number;
}
