import type { Metric } from "../http/metric.js";
import type { Bridge } from "./bridge.js";

/** What the bridge shows at `/metrics`. */
export function bridgeMetrics(bridge: Bridge): Metric[] {
  const gauge = (name: string, help: string, read: () => number): Metric => ({
    name,
    help,
    type: "gauge",
    read,
  });
  const counter = (name: string, help: string, read: () => number): Metric => ({
    name,
    help,
    type: "counter",
    read,
  });
  return [
    gauge("channels", "Channels that are open.", () => bridge.stats().channels),
    gauge("channel_subscribers", "Subscriptions to channels.", () => bridge.stats().subscribers),
    gauge("channel_topics", "Last values held.", () => bridge.stats().topics),
    counter(
      "channel_topics_dropped_total",
      "Last values given up at bridge.maxTopics.",
      () => bridge.stats().topicsDropped,
    ),
    counter("channel_messages_total", "Messages that came in for channels.", () => bridge.stats().messages),
    counter(
      "channel_unroutable_total",
      "Messages that no channel name stands for.",
      () => bridge.stats().unroutable,
    ),
    counter(
      "channel_deliveries_total",
      "Publications given to subscribers.",
      () => bridge.stats().deliveries,
    ),
    counter(
      "channel_published_total",
      "Publications of clients taken by the broker.",
      () => bridge.stats().published,
    ),
    counter(
      "channel_publish_failures_total",
      "Publications of clients refused.",
      () => bridge.stats().publishFailures,
    ),
    counter(
      "channel_idle_dropped_total",
      "Idle channels closed early to stay within the bound.",
      () => bridge.stats().idleDropped,
    ),
  ];
}
