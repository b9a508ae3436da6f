import type { Endpoint } from "../wire/endpoint.js";

/** A page in a browser that shows the newest value of every topic. */
export interface Page {
  readonly publishers: number;
  /** Of all publishers together. */
  readonly topics: number;
  readonly perSecond: number;
  readonly payloadBytes: number;
}

export interface PagePlan extends Page {
  readonly kind: "page";
  readonly publisher: Endpoint;
  /** Where the page connects to, and what it subscribes to there. */
  readonly subscriber: Endpoint;
  readonly channel: string;
  readonly warmup: number;
  readonly seconds: number;
  readonly serverPid: number;
}
