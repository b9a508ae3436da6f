import type { WatchedFiles } from "../files/watched-files.js";
import { counter, gauge, type Metric } from "../http/metric.js";
import type { Accounts } from "./accounts/accounts.js";
import type { Failures } from "./failures.js";
import type { GatekeeperCounters } from "./gatekeeper.js";
import type { AuthWebhook } from "./webhook/auth-webhook.js";

interface Sources {
  readonly counters: GatekeeperCounters;
  readonly failures: Failures;
  readonly accounts: Accounts | undefined;
  readonly webhook: AuthWebhook | undefined;
  readonly files: WatchedFiles;
}

/** What the gate and the files behind it show at `/metrics`. */
export function authMetrics({ counters, failures, accounts, webhook, files }: Sources): Metric[] {
  const { networks, pairs, trusted } = failures;
  return [
    counter("auth_admitted", "Attempts that were let in.", () => counters.admitted),
    counter("auth_refused", "Attempts that were refused, by kind.", () => ({ ...counters.refused }), "kind"),
    gauge(
      "auth_backoff_entries",
      "Networks, and users in them, whose failures are counted; and users that were let in from a network.",
      () => ({ network: networks.size, user: pairs.size, trusted: trusted.size }),
      "kind",
    ),
    counter(
      "auth_backoff_forgotten",
      "Of these, how many were forgotten at the bound.",
      () => ({ network: networks.forgotten, user: pairs.forgotten, trusted: trusted.forgotten }),
      "kind",
    ),
    ...(accounts ? accountMetrics(accounts) : []),
    ...(webhook ? webhookMetrics(webhook) : []),
    counter("file_reloads", "Files that were read again and taken.", () => files.reloads),
    counter("file_reload_failures", "Files that were read again and not taken.", () => files.failures),
    gauge("files_faulty", "Files that cannot be taken as they are now.", () => files.faulty),
  ];
}

function accountMetrics(accounts: Accounts): Metric[] {
  const { queue, remembered } = accounts.checks;
  return [
    gauge("auth_accounts", "Accounts.", () => accounts.size),
    counter(
      "auth_password_checks",
      "Passwords looked at: worked out, or known from before.",
      () => ({ worked: accounts.checks.misses, remembered: accounts.checks.hits }),
      "how",
    ),
    gauge("auth_password_queue", "Clients that wait for their password to be checked.", () => queue.waiting),
    counter(
      "auth_password_queue_refused",
      "Clients turned away from that queue: it was full, or they had waited too long.",
      () => ({ full: queue.overflows, late: queue.timeouts }),
      "reason",
    ),
    gauge("auth_passwords_remembered", "Right passwords that are remembered.", () => remembered.size),
  ];
}

function webhookMetrics(webhook: AuthWebhook): Metric[] {
  const { queue, kept, outcomes } = webhook;
  return [
    counter(
      "auth_webhook_requests",
      "Requests to the authentication webhook, by outcome.",
      () => ({ ...outcomes }),
      "outcome",
    ),
    counter(
      "auth_webhook_saved",
      "Attempts that needed no request: the answer was kept, or one was under way.",
      () => ({ kept: webhook.hits, shared: webhook.shared }),
      "how",
    ),
    gauge("auth_webhook_pending", "Requests under way.", () => queue.running),
    gauge("auth_webhook_queue", "Clients that wait for a request to end.", () => queue.waiting),
    counter(
      "auth_webhook_queue_refused",
      "Clients turned away from that queue: it was full, or they had waited too long.",
      () => ({ full: queue.overflows, late: queue.timeouts }),
      "reason",
    ),
    gauge("auth_webhook_answers", "Answers that are kept.", () => kept.size),
  ];
}
