import type { Brought, Form } from "./credentials.js";
import type { Place } from "./place.js";
import type { Visit } from "./visit.js";

/** A way into the server for clients. */
export interface Door {
  readonly name: string;
  /** What can be brought here: a certificate needs TLS. */
  readonly forms: readonly Form[];
  /** Undefined when it was refused. */
  enter(place: Place, brought: Brought): Promise<Visit | undefined>;
}
