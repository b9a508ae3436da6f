import type { Endpoint } from "../wire/endpoint.js";

/** Kept sessions with a subscription each, and some with messages that wait, that a server is to find again when it is started. */
export interface Restore {
  readonly sessions: number;
  /** Every so many sessions have messages that wait. */
  readonly queuedEvery: number;
  readonly queuedMessages: number;
  readonly payloadBytes: number;
}

interface Ends {
  readonly publisher: Endpoint;
  readonly subscriber: Endpoint;
  readonly serverPid: number;
}

/** Makes the sessions. */
export interface PopulatePlan extends Restore, Ends {
  readonly kind: "populate";
}

/** Looks at a server that has found them again. */
export interface RestorePlan extends Restore, Ends {
  readonly kind: "restore";
}
