import type { Logger } from "pino";
import type { Audit } from "../access/audit.js";
import { Denied } from "../access/denied.js";
import type { Gate } from "../access/gate.js";
import type { WatchedFiles } from "../files/watched-files.js";
import type { Accounts } from "./accounts/accounts.js";
import { openAccounts } from "./accounts/open-accounts.js";
import { type BackoffOptions, defaultBackoff, Failures } from "./failures.js";
import { Gatekeeper, type GatekeeperCounters } from "./gatekeeper.js";
import type { Method } from "./method.js";
import { ConfiguredRights } from "./rights/configured-rights.js";
import { RightsEngine } from "./rights/engine.js";
import type { ReadRightsFile, RightsOptions } from "./rights/options.js";
import { JwtTokens, type TokenOptions } from "./tokens.js";
import { AuthWebhook, type AuthWebhookOptions } from "./webhook/auth-webhook.js";

/** Sections of the configuration. */
export interface AuthOptions {
  readonly anonymous: boolean;
  readonly loopbackOnly: boolean;
  readonly tokens: TokenOptions;
  readonly accounts?: { readonly file: string; readonly backoff: BackoffOptions } | undefined;
  readonly authWebhook?: AuthWebhookOptions | undefined;
  readonly rights?: RightsOptions | undefined;
  readonly readRightsFile: ReadRightsFile;
}

/** Who is let in, and what they may do, as the configuration says. */
export interface Auth {
  readonly gate: Gate;
  readonly tokens: JwtTokens;
  readonly counters: GatekeeperCounters;
  readonly failures: Failures;
  readonly accounts: Accounts | undefined;
  readonly webhook: AuthWebhook | undefined;
  /** Takes the rights of a configuration that was read again. False when they wait for the next start. */
  reconfigure(rights: RightsOptions | undefined): boolean;
  close(): void;
}

/** Rejects when a file that the configuration names cannot be taken. */
export async function createAuth(
  options: AuthOptions,
  files: WatchedFiles,
  audit: Audit,
  log: Logger,
): Promise<Auth> {
  const methods: Method[] = [];
  const failures = new Failures(options.accounts?.backoff ?? defaultBackoff);
  const changed = () => gate.changed();
  const hidesNames = options.authWebhook === undefined;
  const accounts =
    options.accounts &&
    (await openAccounts({ backoff: failures, hidesNames }, options.accounts.file, files, changed));
  if (accounts) methods.push(accounts);
  // The last one: it is asked about those whom nobody else knows.
  const webhook =
    options.authWebhook && new AuthWebhook({ options: options.authWebhook, backoff: failures, log });
  if (webhook) methods.push(webhook);
  const configured = options.rights && new ConfiguredRights(options.rights, options.readRightsFile);
  const rights = configured?.engine ?? new RightsEngine();
  const gate = new Gatekeeper({
    methods,
    anonymous: options.anonymous,
    loopbackOnly: options.loopbackOnly,
    rights,
    backoff: failures,
    grant: () => Promise.reject(new Denied("credentials", "no tokens")),
    audit,
  });
  await configured?.watch(files, () => gate.changed());
  return {
    gate,
    tokens: new JwtTokens(options.tokens),
    counters: gate.counters,
    failures,
    accounts,
    webhook,
    reconfigure(rights) {
      if (!configured || !rights) return false;
      const taken = configured.reconfigure(rights);
      if (taken) gate.changed();
      return taken;
    },
    close: () => webhook?.close(),
  };
}
