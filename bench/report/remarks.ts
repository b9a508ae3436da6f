import { SHORTEST_WINDOW_SECONDS, TICK_SECONDS } from "../measure/cpu.js";
import type { ScenarioResult, ServerResult } from "./document.js";

/** Other processes that take more than this part of a core disturb the measurement. */
const DISTURBING = 0.15;

export interface Circumstances {
  readonly seconds: number;
  readonly profiled: boolean;
}

/** What speaks against taking the figures at face value. */
export function remarksOn(
  scenarios: readonly ScenarioResult[],
  { seconds, profiled }: Circumstances,
): string[] {
  const remarks = scenarios.flatMap(({ name, servers }) =>
    servers.flatMap((server) => roundRemarks(name, server)),
  );
  if (seconds < SHORTEST_WINDOW_SECONDS)
    remarks.push(
      `CPU time is counted in ticks of ${TICK_SECONDS * 1000} ms: measurements of less than ${SHORTEST_WINDOW_SECONDS} s are too short for it.`,
    );
  if (profiled) remarks.push("Causeway ran under the CPU profiler, which slows it down.");
  return remarks;
}

function roundRemarks(scenario: string, { name, rounds }: ServerResult): string[] {
  const what = `${scenario}, ${name}`;
  const say = (count: number, text: string) =>
    count > 0 ? [`${what}: in ${count} of ${rounds.length} rounds ${text}`] : [];
  const count = (test: (round: ServerResult["rounds"][number]) => boolean) => rounds.filter(test).length;
  const lost = rounds.reduce((sum, round) => sum + round.lost, 0);
  const expected = rounds.reduce((sum, round) => sum + round.expected, 0);
  return [
    ...say(
      count(({ generatorBound }) => generatorBound),
      "the load generator was the bottleneck: the throughput is its own, not the server's.",
    ),
    ...say(
      count(({ otherCpu }) => otherCpu > DISTURBING),
      `other processes took more than ${DISTURBING * 100} % of a core: the figures are indications only.`,
    ),
    ...say(
      count(({ stalls }) => stalls > 0),
      "the window was full without progress, and what was under way was given up.",
    ),
    ...say(
      count(({ foreign }) => foreign > 0),
      "there were messages that were no deliveries.",
    ),
    ...(lost > 0 ? [`${what}: ${lost} of ${expected} deliveries were lost.`] : []),
  ];
}
