import type { Attempt } from "../access/gate.js";

/** Makes those wait who bring wrong credentials again and again. */
export interface Backoff {
  /** Whether an attempt is to be refused unseen. */
  refuses(attempt: Attempt): boolean;
  failed(attempt: Attempt): void;
  succeeded(attempt: Attempt): void;
}
