import { counter, gauge, type Metric } from "../http/metric.js";
import type { WebhookStats } from "./webhook.js";
import type { Webhooks } from "./webhooks.js";

/** What webhooks show at `/metrics`, each by its name. */
export function webhookMetrics(webhooks: Webhooks): Metric[] {
  const byName = (read: (stats: WebhookStats) => number) => () =>
    Object.fromEntries(Array.from(webhooks.stats(), ([name, stats]) => [name, read(stats)]));
  const label = "webhook";
  return [
    gauge(
      "webhook_queue",
      "Events that wait for the receiver.",
      byName(({ waiting }) => waiting),
      label,
    ),
    gauge(
      "webhook_queue_bytes",
      "Bytes of them.",
      byName(({ waitingBytes }) => waitingBytes),
      label,
    ),
    gauge(
      "webhook_failing",
      "1 while the receiver takes nothing.",
      byName(({ failing }) => (failing ? 1 : 0)),
      label,
    ),
    counter(
      "webhook_events",
      "Events that the webhook was to send.",
      byName(({ events }) => events),
      label,
    ),
    counter(
      "webhook_sent",
      "Events that the receiver took.",
      byName(({ sent }) => sent),
      label,
    ),
    counter(
      "webhook_failed",
      "Requests that the receiver did not take.",
      byName(({ failures }) => failures),
      label,
    ),
    counter(
      "webhook_dropped",
      "Events given up since the queue was full.",
      byName(({ dropped }) => dropped),
      label,
    ),
    counter(
      "webhook_refused",
      "Events given up since the receiver refused them.",
      byName(({ refused }) => refused),
      label,
    ),
    counter(
      "webhook_unstored",
      "Events that a restart would have lost, since the store was behind.",
      byName(({ unstored }) => unstored),
      label,
    ),
  ];
}
