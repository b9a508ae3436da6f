import { join } from "node:path";
import type { Logger } from "pino";
import type { Audit } from "../access/audit.js";
import type { Gate } from "../access/gate.js";
import type { WatchedFiles } from "../files/watched-files.js";
import type { Metric } from "../http/metric.js";
import type { Accounts } from "./accounts/accounts.js";
import { openAccounts } from "./accounts/open-accounts.js";
import { Certificates, type Revocations } from "./certificates.js";
import { type BackoffOptions, defaultBackoff, Failures } from "./failures.js";
import { Gatekeeper } from "./gatekeeper.js";
import { type KeyOptions, keyMethods, neededKeys } from "./keys/methods.js";
import { loginMetrics } from "./login-metrics.js";
import { Logins, type LoginsOptions } from "./logins.js";
import type { Method } from "./method.js";
import { authMetrics } from "./metrics.js";
import { ConfiguredRights } from "./rights/configured-rights.js";
import { RightsEngine } from "./rights/engine.js";
import { rightsMetrics } from "./rights/metrics.js";
import type { ReadRightsFile, RightsOptions } from "./rights/options.js";
import { signedUrlMetrics } from "./signed-urls/metrics.js";
import { type SignedUrlOptions, SignedUrls } from "./signed-urls/signed-urls.js";
import { tokenMetrics } from "./tokens/metrics.js";
import { knowsTokens, type TokenOptions } from "./tokens/options.js";
import { Tokens } from "./tokens/tokens.js";
import { AuthWebhook, type AuthWebhookOptions } from "./webhook/auth-webhook.js";

/** Sections of the configuration. */
export interface AuthOptions extends KeyOptions {
  readonly anonymous: boolean;
  readonly loopbackOnly: boolean;
  readonly accounts?: { readonly file: string; readonly backoff: BackoffOptions } | undefined;
  readonly tokens: TokenOptions;
  readonly signedUrls?: SignedUrlOptions | undefined;
  /** The directory for what survives a restart. */
  readonly data: string;
  readonly login: Pick<LoginsOptions, "lifetime" | "maxSessions">;
  readonly authWebhook?: AuthWebhookOptions | undefined;
  readonly rights?: RightsOptions | undefined;
  readonly readRightsFile: ReadRightsFile;
  /** Of client certificates; undefined where none are taken. */
  readonly revocations?: Revocations | undefined;
}

/** Who is let in, and what they may do, as the configuration says. */
export interface Auth {
  readonly gate: Gate;
  readonly logins: Logins;
  readonly metrics: readonly Metric[];
  /** Takes the rights of a configuration that was read again. False when they wait for the next start. */
  reconfigure(rights: RightsOptions | undefined): boolean;
  close(): Promise<void>;
}

/** The name of a file in the data directory. */
const USED_URLS = "used-urls";

/** Rejects when a file that the configuration names cannot be taken. */
export async function createAuth(
  options: AuthOptions,
  files: WatchedFiles,
  audit: Audit,
  log: Logger,
): Promise<Auth> {
  const changed = () => gate.changed("credentials");
  const failures = new Failures(options.accounts?.backoff ?? defaultBackoff);
  const tokens = await Tokens.open(options.tokens, { files, log, changed });
  const signedUrls =
    options.signedUrls && (await SignedUrls.open(options.signedUrls, join(options.data, USED_URLS)));
  const accounts = await accountsOf(options, failures, files, changed);
  const webhook =
    options.authWebhook && new AuthWebhook({ options: options.authWebhook, backoff: failures, log });
  const logins = new Logins({
    ...options.login,
    stands: (principal) => gate.stands(principal),
    ended: changed,
  });
  // What somebody brings comes before what comes along by itself, and your own server is asked about those whom nobody else knows.
  const methods: Method[] = [
    ...(knowsTokens(options.tokens) ? [tokens] : []),
    ...(await keyMethods(options, files, changed)),
    ...(signedUrls ? [signedUrls] : []),
    // Before those who would judge a name that comes with it, which proves nothing.
    ...(options.revocations ? [new Certificates(options.revocations)] : []),
    ...(accounts ? [accounts] : []),
    ...(webhook ? [webhook] : []),
    logins,
    // Last, since it refuses whom nobody before it knew.
    ...neededKeys(options),
  ];
  const configured = options.rights && new ConfiguredRights(options.rights, options.readRightsFile);
  const rights = configured?.engine ?? new RightsEngine();
  const gate = new Gatekeeper({
    methods,
    anonymous: options.anonymous,
    loopbackOnly: options.loopbackOnly,
    rights,
    backoff: failures,
    grant: (token) => tokens.grant(token),
    audit,
  });
  await configured?.watch(files, () => gate.changed("rights"));
  const forget = options.revocations?.onChange(changed);
  return {
    gate,
    logins,
    metrics: [
      ...authMetrics({ counters: gate.counters, failures, accounts, webhook, files }),
      ...tokenMetrics(tokens),
      ...(signedUrls ? signedUrlMetrics(signedUrls) : []),
      ...loginMetrics(logins),
      ...rightsMetrics(rights.counters),
    ],
    reconfigure(rights) {
      if (!configured || !rights) return false;
      const taken = configured.reconfigure(rights);
      if (taken) gate.changed("rights");
      return taken;
    },
    async close() {
      forget?.();
      tokens.close();
      webhook?.close();
      await signedUrls?.close();
    },
  };
}

async function accountsOf(
  { accounts, authWebhook }: AuthOptions,
  backoff: Failures,
  files: WatchedFiles,
  changed: () => void,
): Promise<Accounts | undefined> {
  const hidesNames = authWebhook === undefined;
  return accounts && openAccounts({ backoff, hidesNames }, accounts.file, files, changed);
}
