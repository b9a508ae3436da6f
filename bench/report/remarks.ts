import { SHORTEST_WINDOW_SECONDS, TICK_SECONDS } from "../measure/cpu.js";
import { median } from "../measure/median.js";
import type { Round, ScenarioResult, ServerResult } from "./document.js";
import { figureStyles } from "./figures.js";

/** Other processes that take more than this part of a core disturb the measurement. */
const DISTURBING = 0.15;

/** What speaks against taking the figures at face value. */
export function remarksOn(scenarios: readonly ScenarioResult[], profiled: boolean): string[] {
  const remarks = scenarios.flatMap(({ name, servers }) =>
    servers.flatMap((server) => roundRemarks(name, server)),
  );
  if (scenarios.some(({ seconds }) => seconds > 0 && seconds < SHORTEST_WINDOW_SECONDS))
    remarks.push(
      `CPU time is counted in ticks of ${TICK_SECONDS * 1000} ms: measurements of less than ${SHORTEST_WINDOW_SECONDS} s are too short for it.`,
    );
  remarks.push(...scenarios.flatMap(syncRemark));
  if (profiled) remarks.push("Causeway ran under the CPU profiler, which slows it down.");
  return remarks;
}

/** What a server can hardly undercut that has a message on the disk before it acknowledges it. */
function syncRemark({ name, servers }: ScenarioResult): string[] {
  const times = servers.flatMap(({ rounds }) => rounds.flatMap(({ figures }) => figures.syncP50 ?? []));
  if (times.length === 0) return [];
  const time = figureStyles.syncP50.show(median(times));
  return [`${name}: this machine's own fdatasync of a short record took ${time} ms in the same run (p50).`];
}

function roundRemarks(scenario: string, { name, rounds }: ServerResult): string[] {
  const what = `${scenario}, ${name}`;
  const say = (count: number, text: string) =>
    count > 0 ? [`${what}: in ${count} of ${rounds.length} rounds ${text}`] : [];
  const count = (test: (round: Round) => boolean) => rounds.filter(test).length;
  const sum = (of: "lost" | "expected") =>
    rounds.reduce((total, { account }) => total + (account?.[of] ?? 0), 0);
  const notes = new Set(rounds.flatMap((round) => round.notes));
  return [
    ...say(
      count(({ generatorBound }) => generatorBound),
      "the load generator was the bottleneck: the throughput is its own, not the server's.",
    ),
    ...say(
      count(({ figures }) => (figures.otherCpu ?? 0) > DISTURBING),
      `other processes took more than ${DISTURBING * 100} % of a core: the figures are indications only.`,
    ),
    ...say(
      count(({ account }) => (account?.stalls ?? 0) > 0),
      "the window was full without progress, and what was under way was given up.",
    ),
    ...say(
      count(({ account }) => (account?.foreign ?? 0) > 0),
      "there were messages that were no deliveries.",
    ),
    ...[...notes].flatMap((note) =>
      say(
        count((round) => round.notes.includes(note)),
        note,
      ),
    ),
    ...(sum("lost") > 0 ? [`${what}: ${sum("lost")} of ${sum("expected")} deliveries were lost.`] : []),
  ];
}
