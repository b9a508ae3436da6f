import { counter, gauge, type Metric } from "../http/metric.js";
import type { Logins } from "./logins.js";

export function loginMetrics(logins: Logins): Metric[] {
  return [
    gauge("logins", "Logins on the dashboard.", () => logins.size),
    counter("logins_displaced", "Logins ended early: there were login.maxSessions.", () => logins.displaced),
  ];
}
