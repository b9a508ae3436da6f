import { type Logger, pino } from "pino";
import { type Audit, type AuditDetails, noAudit } from "../../../src/access/audit.js";
import { Denied } from "../../../src/access/denied.js";
import type { Attempt } from "../../../src/access/gate.js";
import type { Principal } from "../../../src/access/principal.js";
import { type Auth, createAuth } from "../../../src/auth/auth.js";
import { loadConfig } from "../../../src/config/load.js";
import { readRightsFile } from "../../../src/config/rights-file.js";
import type { ConfigInput } from "../../../src/config/schema.js";
import { WatchedFiles } from "../../../src/files/watched-files.js";
import type { Teardown } from "../../helpers/teardown.js";

/** The gate as a configuration makes it, with everything that it writes. */
export class AuthGround {
  readonly auth: Auth;
  readonly files: WatchedFiles;
  readonly #lines: string[];

  private constructor(auth: Auth, files: WatchedFiles, lines: string[]) {
    this.auth = auth;
    this.files = files;
    this.#lines = lines;
  }

  static async open(t: Teardown, flags: ConfigInput): Promise<AuthGround> {
    const lines: string[] = [];
    const log: Logger = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
    const audit: Audit = {
      ...noAudit,
      refused: (details: AuditDetails) => void lines.push(JSON.stringify(details)),
      admitted: (details: AuditDetails) => void lines.push(JSON.stringify(details)),
    };
    const { config } = loadConfig({ env: {}, flags });
    const files = new WatchedFiles(log, audit);
    const auth = await createAuth(
      { ...config, anonymous: false, loopbackOnly: true, readRightsFile },
      files,
      audit,
      log,
    );
    // The product's own timers keep no process alive, and a test waits for them.
    const alive = setInterval(() => undefined, 60_000);
    t.after(() => {
      clearInterval(alive);
      auth.close();
      files.close();
    });
    return new AuthGround(auth, files, lines);
  }

  /** Everything that went to the log and the audit. */
  get written(): string {
    return this.#lines.join("\n");
  }

  /** Who it is taken for, or the kind of the refusal. */
  admit(attempt: Partial<Attempt> & { address?: string }): Promise<Principal | Denied["kind"]> {
    const { address = "192.0.2.7", ...rest } = attempt;
    return this.auth.gate
      .admit({ door: "mqtt", peer: { address, port: 1, secure: false }, ...rest })
      .catch((error) => {
        if (error instanceof Denied) return error.kind;
        throw error;
      });
  }

  /** The numbers of a metric by label; of one without, the number. */
  metric(name: string): number | Readonly<Record<string, number>> {
    const found = this.auth.metrics.find((metric) => metric.name === name);
    if (!found || !("read" in found) || found.type === "histogram") throw new Error(`no metric ${name}`);
    return found.read();
  }
}
