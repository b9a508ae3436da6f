import type { Metric } from "../http/metric.js";
import type { Gateway } from "./gateway.js";

/** What the gateway shows at `/metrics`. */
export function gatewayMetrics(gateway: Gateway): Metric[] {
  const gauge = (name: string, help: string, read: () => number): Metric => ({
    name,
    help,
    type: "gauge",
    read,
  });
  const counter = (name: string, help: string, read: Metric["read"], label?: string): Metric => ({
    name,
    help,
    type: "counter",
    read,
    ...(label ? { label } : {}),
  });
  return [
    gauge("sessions", "Open sessions of the channel protocol.", () => gateway.stats().sessions),
    gauge("plain_sessions", "Open plain WebSockets at /v3.", () => gateway.stats().plainSessions),
    gauge("session_subscriptions", "Subscriptions of all sessions.", () => gateway.stats().subscriptions),
    counter("sessions_opened_total", "Sessions opened.", () => gateway.stats().opened),
    counter("sessions_refused_total", "Sessions refused with an HTTP status.", () => gateway.stats().refused),
    counter("session_commands_total", "Commands received.", () => gateway.stats().commands),
    counter("session_errors_total", "Commands answered with an error.", () => gateway.stats().errors),
    counter("session_messages_sent_total", "WebSocket messages sent.", () => gateway.stats().messagesSent),
    counter(
      "session_messages_received_total",
      "WebSocket messages received.",
      () => gateway.stats().messagesReceived,
    ),
    counter("session_sent_bytes_total", "Bytes sent.", () => gateway.stats().bytesSent),
    counter(
      "session_disconnects_total",
      "Sessions ended by the server.",
      () => ({ ...gateway.stats().disconnects }),
      "code",
    ),
  ];
}
