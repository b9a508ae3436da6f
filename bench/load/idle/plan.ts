import type { Endpoint } from "../wire/endpoint.js";

/** How many are open when memory is looked at; each has a figure of its own. */
export type IdleCount = 5_000 | 10_000 | 15_000;

/** Connections that do nothing. */
export interface Idle {
  /** First so many, and then so many in all. */
  readonly few: IdleCount;
  readonly many: IdleCount;
  /** Each is subscribed to it, and nobody publishes; without it they are connected and that is all. */
  readonly filter?: string;
}

export interface IdlePlan extends Idle {
  readonly kind: "idle";
  readonly subscriber: Endpoint;
  readonly serverPid: number;
}
