import type { Streams } from "../streams/plan.js";
import type { Endpoint } from "../wire/endpoint.js";

/** Messages that flow while other clients are subscribed to something else: first to a few filters, then to many. */
export interface Filters {
  readonly streams: Streams;
  readonly few: number;
  readonly many: number;
  /** Clients that share the filters. */
  readonly holders: number;
}

export interface FiltersPlan extends Filters {
  readonly kind: "filters";
  readonly publisher: Endpoint;
  readonly subscriber: Endpoint;
  readonly warmup: number;
  readonly seconds: number;
  readonly serverPid: number;
}
