import { counter, gauge, type Metric } from "../http/metric.js";
import type { Ports } from "./ports.js";

/** What the ports show at `/metrics`. */
export function portMetrics({ door, limits, certificates, tlsCounters }: Ports): Metric[] {
  return [
    counter(
      "connections_refused",
      "Connections closed before anything was read of them, and requests by trusted proxies answered with 429, by reason.",
      () => ({ ...door.counters, ...limits.refused }),
      "reason",
    ),
    gauge("tracked_addresses", "Addresses that limits are kept for.", () => limits.tracked),
    counter("tls_handshakes_failed", "TLS handshakes that were not completed.", () => tlsCounters.failed),
    counter(
      "tls_client_certificates_refused",
      "Connections closed after the handshake for their client certificate.",
      () => tlsCounters.refused,
    ),
    gauge(
      "tls_certificate_expiry_seconds",
      "When certificates, authorities and revocation lists end, in seconds since 1970, by configuration key.",
      () => Object.fromEntries((certificates?.expiring() ?? []).map(({ key, at }) => [key, at / 1_000])),
      "key",
    ),
  ];
}
