import type { Endpoint } from "../wire/endpoint.js";

/** Messages that wait for a session whose client is away, until it comes back. */
export interface Backlog {
  readonly messages: number;
  readonly payloadBytes: number;
}

export interface BacklogPlan extends Backlog {
  readonly kind: "backlog";
  readonly publisher: Endpoint;
  readonly subscriber: Endpoint;
  readonly serverPid: number;
}
