import { counter, gauge, type Metric } from "../../http/metric.js";
import type { RightsCounters } from "./engine.js";

export function rightsMetrics(counters: RightsCounters): Metric[] {
  return [
    gauge("rights_rules", "Rules of rights in force.", () => counters.rules),
    counter(
      "rights_forgotten",
      "What was remembered of one client's rights was given up, to make room; its topics are looked up anew.",
      () => counters.forgotten,
    ),
  ];
}
