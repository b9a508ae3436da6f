import type { RunningServer } from "../../helpers/server.js";
import { Metrics } from "./metrics.js";

const GAUGES = [
  "mqtt_connections",
  "mqtt_clients",
  "mqtt_subscriptions",
  "mqtt_queued_messages",
  "mqtt_inflight_messages",
  "store_waiting_changes",
];

/** Waits until nothing is left of what went on since `before`: connections, subscriptions, queues. */
export async function assertAsBefore(server: RunningServer, before: Metrics): Promise<void> {
  const asBefore = (now: Metrics) => GAUGES.every((name) => now.get(name) === before.get(name));
  await Metrics.until(server, asBefore, "the server is as it was before");
}
