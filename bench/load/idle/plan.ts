import type { Endpoint } from "../wire/endpoint.js";

/** Connections that do nothing. */
export interface Idle {
  /** How many are open when memory is looked at, first and then. */
  readonly few: number;
  readonly many: number;
}

export interface IdlePlan extends Idle {
  readonly kind: "idle";
  readonly subscriber: Endpoint;
  readonly serverPid: number;
}
