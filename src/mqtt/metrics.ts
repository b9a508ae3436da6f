import { counter, gauge, type Metric } from "../http/metric.js";
import type { Broker } from "./broker.js";

/** What the broker shows at `/metrics`. */
export function brokerMetrics(broker: Broker): Metric[] {
  const { counters } = broker;
  const byQoS = (counts: readonly number[]) => () =>
    Object.fromEntries(counts.map((count, qos) => [qos, count]));
  return [
    gauge("mqtt_connections", "Open MQTT connections.", () => broker.stats().connections),
    gauge("mqtt_clients", "Connected MQTT clients.", () => broker.stats().clients),
    gauge("mqtt_kept_sessions", "Sessions that outlive their connection.", () => broker.stats().keptSessions),
    gauge("mqtt_subscriptions", "Subscriptions in the router.", () => broker.stats().subscriptions),
    gauge(
      "mqtt_queued_messages",
      "Messages waiting in the queues of kept sessions.",
      () => broker.stats().queued,
    ),
    gauge(
      "mqtt_queued_bytes",
      "Bytes of messages waiting in the queues of kept sessions.",
      () => broker.stats().queuedBytes,
    ),
    gauge(
      "mqtt_inflight_messages",
      "Messages sent by kept sessions and not acknowledged.",
      () => broker.stats().inflight,
    ),
    counter("mqtt_connections_accepted", "Connections accepted.", () => counters.connectionsAccepted),
    counter(
      "mqtt_connections_refused",
      "Connections refused at mqtt.maxConnections.",
      () => counters.connectionsRefused,
    ),
    counter(
      "mqtt_client_errors",
      "Connections closed for what the client did.",
      () => counters.protocolErrors,
    ),
    counter("mqtt_received_bytes", "Bytes received.", () => broker.bytes().received),
    counter("mqtt_sent_bytes", "Bytes sent.", () => broker.bytes().sent),
    counter("mqtt_messages_received", "Messages from clients, by QoS.", byQoS(counters.received), "qos"),
    counter("mqtt_messages_delivered", "Messages to clients, by QoS.", byQoS(counters.delivered), "qos"),
    counter(
      "mqtt_messages_dropped",
      "Messages not delivered, by reason.",
      () => ({ ...counters.dropped }),
      "reason",
    ),
    gauge(
      "mqtt_slow_clients",
      "Clients that have not kept up in the last ten minutes.",
      () => broker.slowClients().length,
    ),
    counter(
      "mqtt_drain_timeouts",
      "Connections closed because their clients read nothing for mqtt.drainTimeout.",
      () => counters.drainTimeouts,
    ),
    counter(
      "mqtt_read_pauses",
      "Times that a sending client was made to wait, by reason.",
      () => ({ share: broker.shares.exhausted, store: counters.storeWaits, rate: broker.throttle.pauses }),
      "reason",
    ),
    counter(
      "mqtt_subscriptions_refused",
      "Subscriptions refused at mqtt.maxSubscriptions.",
      () => counters.subscriptionsRefused,
    ),
    counter(
      "mqtt_connects_refused",
      "CONNECTs refused for who the client is or what it may do, by reason.",
      () => ({ ...counters.refused }),
      "reason",
    ),
    counter(
      "mqtt_messages_refused",
      "Messages of clients that were not taken, by reason.",
      () => ({ ...counters.refusedMessages }),
      "reason",
    ),
    counter(
      "mqtt_subscriptions_denied",
      "Subscriptions refused because the client may not receive what they match.",
      () => counters.subscriptionsDenied,
    ),
    counter(
      "mqtt_subscriptions_revoked",
      "Subscriptions taken away because rights are others now.",
      () => counters.subscriptionsRevoked,
    ),
    counter(
      "mqtt_messages_withheld",
      "Messages that matched a subscription, and that the client may not receive.",
      () => counters.withheld,
    ),
    counter(
      "mqtt_wills_denied",
      "Wills that were not published because their owners may not any more.",
      () => counters.willsDenied,
    ),
    counter(
      "mqtt_access_ended",
      "Connections closed because what had let them in expired or was taken back.",
      () => ({ ...counters.accessEnded }),
      "reason",
    ),
    counter(
      "mqtt_topics_too_large",
      "Connections closed for a topic over a limit, by limit.",
      () => ({ ...broker.topicLimits.exceeded }),
      "limit",
    ),
    counter(
      "mqtt_store_failures",
      "Messages refused because they could not be stored.",
      () => counters.storeFailures,
    ),
    gauge(
      "mqtt_recording_messages",
      "Messages that channels wait for until they are stored.",
      () => broker.stats().recording,
    ),
    counter(
      "mqtt_recordings_lost",
      "Messages not recorded because they could not be stored.",
      () => counters.recordingsLost,
    ),
    counter(
      "mqtt_retained_refused",
      "Messages not retained because mqtt.maxRetained was reached.",
      () => counters.retainedRefused,
    ),
    counter(
      "mqtt_retained_expired",
      "Retained messages removed after messages.expiry.",
      () => counters.retainedExpired,
    ),
    counter(
      "mqtt_sessions_expired",
      "Kept sessions removed after sessions.expiry.",
      () => counters.sessionsExpired,
    ),
  ];
}
