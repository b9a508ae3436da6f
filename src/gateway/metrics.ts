import { counter, gauge, type Metric } from "../http/metric.js";
import type { Gateway } from "./gateway.js";

/** What the gateway shows at `/metrics`. */
export function gatewayMetrics(gateway: Gateway): Metric[] {
  return [
    gauge(
      "sessions",
      "Open sessions of the channel protocol.",
      () => ({ ...gateway.stats().transports }),
      "transport",
    ),
    gauge("plain_sessions", "Open plain WebSockets at /v3.", () => gateway.stats().plainSessions),
    gauge("session_subscriptions", "Subscriptions of all sessions.", () => gateway.stats().subscriptions),
    gauge("session_filters", "Different filters of subscriptions.", () => gateway.stats().filters),
    counter("sessions_opened", "Sessions opened.", () => gateway.stats().opened),
    counter("sessions_refused", "Sessions refused with an HTTP status.", () => gateway.stats().refused),
    gauge(
      "session_requests_waiting_bytes",
      "Bytes of requests for sessions that have not come whole.",
      () => gateway.http.waitingBytes,
    ),
    counter(
      "session_requests_refused",
      "Requests to /emulation refused, by HTTP status.",
      () => ({ ...gateway.stats().refusedRequests }),
      "status",
    ),
    counter("session_commands", "Commands received.", () => gateway.stats().commands),
    counter("session_errors", "Commands answered with an error.", () => gateway.stats().errors),
    counter(
      "session_denied",
      "Commands refused for want of rights, by what they wanted.",
      () => ({ ...gateway.stats().denied }),
      "action",
    ),
    counter(
      "session_over_rate",
      "Publications and requests refused at limits.messageRate or limits.byteRate, and subscriptions at limits.subscribeRate.",
      () => gateway.stats().overRate,
    ),
    counter(
      "sessions_broken",
      "Sessions closed for frames that are too large (gateway.maxFrameSize, also when inflated) or not in order.",
      () => gateway.stats().broken,
    ),
    counter("session_messages_sent", "Messages sent to sessions.", () => gateway.stats().messagesSent),
    counter(
      "session_messages_received",
      "Messages received from sessions.",
      () => gateway.stats().messagesReceived,
    ),
    counter(
      "session_messages_compressed",
      "Messages compressed; each counts once, for however many sessions.",
      () => gateway.stats().messagesCompressed,
    ),
    counter("session_sent_bytes", "Bytes sent.", () => gateway.stats().bytesSent),
    counter(
      "session_slow_closes",
      "Sessions closed as too slow: `bytes` over gateway.maxOutboxSize, `age` over gateway.maxOutboxAge.",
      () => ({ ...gateway.stats().slowCloses }),
      "cause",
    ),
    gauge(
      "slow_sessions",
      "Sessions that did not keep up in the last ten minutes.",
      () => gateway.slowSessions().length,
    ),
    counter(
      "session_conflated",
      "Publications replaced by a newer one of their topic before they were sent (maxRate, whenSlow).",
      () => gateway.stats().conflated,
    ),
    gauge(
      "session_held_topics",
      "Topics held back for a rate or a slow client.",
      () => gateway.stats().heldTopics,
    ),
    gauge("session_held_bytes", "Bytes of them.", () => gateway.stats().heldBytes),
    counter(
      "session_held_dropped",
      "Topics given up at gateway.maxHeldTopics or gateway.maxHeldSize.",
      () => gateway.stats().heldDropped,
    ),
    counter(
      "session_held_restarts",
      "Map subscriptions that had to catch up at gateway.maxHeldTopics or gateway.maxHeldSize.",
      () => gateway.stats().heldRestarts,
    ),
    counter("session_deltas", "Publications told as deltas.", () => gateway.stats().deltas),
    gauge(
      "session_delta_bases",
      "Values held for subscriptions that are told deltas.",
      () => gateway.stats().deltaBases,
    ),
    gauge("session_delta_base_bytes", "Bytes of them.", () => gateway.stats().deltaBaseBytes),
    counter(
      "session_disconnects",
      "Sessions ended by the server.",
      () => ({ ...gateway.stats().disconnects }),
      "code",
    ),
  ];
}
