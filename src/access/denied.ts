/**
 * `credentials`: they are wrong, or there are none where some are needed; `expired`: they were good; `forbidden`: they are
 * good, and do not let in here; `unavailable`: whoever decides cannot be reached; `backoff`: too many have failed of late.
 */
export type DenialKind = "credentials" | "expired" | "forbidden" | "unavailable" | "backoff";

/** Somebody was not let in. The message is for the log, never for the one who asked, and never holds a secret. */
export class Denied extends Error {
  readonly kind: DenialKind;

  constructor(kind: DenialKind, reason: string) {
    super(reason);
    this.kind = kind;
  }
}
