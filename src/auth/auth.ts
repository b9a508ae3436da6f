import type { Logger } from "pino";
import type { Audit } from "../access/audit.js";
import { Denied } from "../access/denied.js";
import type { Gate } from "../access/gate.js";
import type { WatchedFiles } from "../files/watched-files.js";
import type { Backoff } from "./backoff.js";
import { Gatekeeper, type GatekeeperCounters } from "./gatekeeper.js";
import type { Method } from "./method.js";
import type { RightsSource } from "./rights-source.js";
import { JwtTokens, type TokenOptions } from "./tokens.js";

/** Sections of the configuration. */
export interface AuthOptions {
  readonly anonymous: boolean;
  readonly loopbackOnly: boolean;
  readonly tokens: TokenOptions;
}

/** Who is let in, and what they may do, as the configuration says. */
export interface Auth {
  readonly gate: Gate;
  readonly tokens: JwtTokens;
  readonly counters: GatekeeperCounters;
  /** Takes the rights of a configuration that was read again. */
  reconfigure(rights: unknown): Promise<void>;
  close(): void;
}

/** Rejects when a file that the configuration names cannot be taken. */
export async function createAuth(
  options: AuthOptions,
  files: WatchedFiles,
  audit: Audit,
  _log: Logger,
): Promise<Auth> {
  const methods: Method[] = [];
  const rights: RightsSource | undefined = undefined;
  const backoff: Backoff = { refuses: () => false, failed() {}, succeeded() {} };
  const gate = new Gatekeeper({
    methods,
    anonymous: options.anonymous,
    loopbackOnly: options.loopbackOnly,
    rights,
    backoff,
    grant: () => Promise.reject(new Denied("credentials", "no tokens")),
    audit,
  });
  void files;
  return {
    gate,
    tokens: new JwtTokens(options.tokens),
    counters: gate.counters,
    reconfigure: async () => {},
    close() {},
  };
}
