import type { Brought } from "./credentials.js";
import type { Place } from "./place.js";
import type { Visit } from "./visit.js";

/** A way into the server for clients. */
export interface Door {
  readonly name: string;
  /** Whether it can be brought here at all: a certificate needs TLS. */
  takes(brought: Brought): boolean;
  /** Undefined when it was refused. */
  enter(place: Place, brought: Brought): Promise<Visit | undefined>;
}
