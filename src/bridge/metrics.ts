import { counter, gauge, type Metric } from "../http/metric.js";
import type { Bridge } from "./bridge.js";

/** What the bridge shows at `/metrics`. */
export function bridgeMetrics(bridge: Bridge): Metric[] {
  return [
    gauge("channels", "Channels that are open.", () => bridge.stats().channels),
    gauge("channel_subscribers", "Subscriptions to channels.", () => bridge.stats().subscribers),
    gauge("channel_topics", "Last values held.", () => bridge.stats().topics),
    counter(
      "channel_topics_dropped",
      "Last values given up at bridge.maxTopics.",
      () => bridge.stats().topicsDropped,
    ),
    gauge("channel_removed_topics", "Removed topics remembered.", () => bridge.stats().removedTopics),
    gauge(
      "channel_history_publications",
      "Publications held in histories.",
      () => bridge.stats().historyPublications,
    ),
    gauge("channel_history_bytes", "Bytes of them.", () => bridge.stats().historyBytes),
    counter(
      "channel_history_dropped",
      "Publications that histories gave up at bridge.maxHistorySize.",
      () => bridge.stats().historyDropped,
    ),
    counter("channel_messages", "Messages that came in for channels.", () => bridge.stats().messages),
    counter(
      "channel_unroutable",
      "Messages that no channel name stands for.",
      () => bridge.stats().unroutable,
    ),
    counter("channel_deliveries", "Publications given to subscribers.", () => bridge.stats().deliveries),
    counter(
      "channel_published",
      "Publications of clients taken by the broker.",
      () => bridge.stats().published,
    ),
    counter(
      "channel_publish_failures",
      "Publications of clients refused.",
      () => bridge.stats().publishFailures,
    ),
    counter(
      "channel_data_refused",
      "Publications and requests whose data the rule does not take.",
      () => bridge.stats().dataRefused,
    ),
    gauge(
      "channel_requests_pending",
      "Requests that wait for an answer of a device.",
      () => bridge.stats().requestsPending,
    ),
    counter("channel_requests", "Requests of clients to devices.", () => bridge.stats().requests),
    counter(
      "channel_requests_ended",
      "Requests by how they ended.",
      () => {
        const { requestsAnswered, requestsTimedOut, requestsRefused, requestsCancelled } = bridge.stats();
        return {
          answered: requestsAnswered,
          timed_out: requestsTimedOut,
          refused: requestsRefused,
          cancelled: requestsCancelled,
        };
      },
      "outcome",
    ),
    counter(
      "channel_idle_dropped",
      "Idle channels closed early to stay within the bound.",
      () => bridge.stats().idleDropped,
    ),
  ];
}
