import type { Logger } from "pino";
import { LimitedLog } from "../log/limited.js";
import type { Audit, AuditDetails } from "./audit.js";
import { Entries } from "./entries.js";

/**
 * The audit as lines of the log with `part: "audit"`. What strangers can cause at will is limited, and so is that somebody is let in
 * again and again, as at each request; what those do who were let in is written whole.
 */
export class AuditLog implements Audit {
  readonly #log: Logger;
  readonly #limitedLog: LimitedLog;
  readonly #entries: Entries;

  constructor(log: Logger) {
    this.#log = log.child({ part: "audit" });
    this.#limitedLog = new LimitedLog(this.#log);
    this.#entries = new Entries((details, text) => this.#log.info(details, text));
  }

  /** At debug for anonymous clients: there it says nothing that the other lines do not. */
  admitted(details: AuditDetails): void {
    const isNobody = details.proof === "none" || details.proof === "loopback";
    if (isNobody || !this.#entries.mayTell(details)) this.#log.debug(details, "let in");
    else this.#log.info(details, "let in");
  }

  refused(details: AuditDetails): void {
    this.#limitedLog.warn("refused", details);
  }

  ended(details: AuditDetails): void {
    this.#log.info(details, "ended");
  }

  changed(details: AuditDetails): void {
    this.#log.info(details, "changed");
  }
}
