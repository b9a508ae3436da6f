import { counter, gauge, type Metric } from "../http/metric.js";
import type { Gateway } from "./gateway.js";

/** What the gateway shows at `/metrics`. */
export function gatewayMetrics(gateway: Gateway): Metric[] {
  return [
    gauge("sessions", "Open sessions of the channel protocol.", () => gateway.stats().sessions),
    gauge("plain_sessions", "Open plain WebSockets at /v3.", () => gateway.stats().plainSessions),
    gauge("session_subscriptions", "Subscriptions of all sessions.", () => gateway.stats().subscriptions),
    counter("sessions_opened", "Sessions opened.", () => gateway.stats().opened),
    counter("sessions_refused", "Sessions refused with an HTTP status.", () => gateway.stats().refused),
    counter("session_commands", "Commands received.", () => gateway.stats().commands),
    counter("session_errors", "Commands answered with an error.", () => gateway.stats().errors),
    counter("session_messages_sent", "WebSocket messages sent.", () => gateway.stats().messagesSent),
    counter(
      "session_messages_received",
      "WebSocket messages received.",
      () => gateway.stats().messagesReceived,
    ),
    counter("session_sent_bytes", "Bytes sent.", () => gateway.stats().bytesSent),
    counter(
      "session_disconnects",
      "Sessions ended by the server.",
      () => ({ ...gateway.stats().disconnects }),
      "code",
    ),
  ];
}
