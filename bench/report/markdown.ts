import type { Document, ScenarioResult, ServerResult } from "./document.js";
import { figureStyles } from "./figures.js";
import { gridOf } from "./grid.js";
import { headingOf } from "./heading.js";
import { showRatio } from "./ratio.js";

/** For bench/RESULTS.md, or a file like it. */
export function markdownOf(document: Document): string {
  const { date, command, machine, warmup, scenarios, remarks } = document;
  const parts = [
    "# Results",
    `Written by \`${command}\` on ${date.slice(0, 10)}; [README.md](README.md) says how it is measured. Medians of the rounds, each after ${warmup} s of warm-up; servers take turns.`,
    list([
      `CPU: ${machine.cpu}, ${machine.cores} cores; memory: ${(machine.memoryBytes / 1024 ** 3).toFixed(1)} GiB`,
      `System: ${machine.system}; Node.js ${machine.node}; load average before the run: ${machine.loadAverage.toFixed(2)}`,
      ...serversOf(scenarios).map(({ name, version, description }) => `${name} ${version}: ${description}`),
    ]),
    "## Where Causeway loses",
    list(lossesOf(scenarios), "Nowhere in this run."),
    "## Goals",
    list(goalsOf(scenarios), "The scenarios of this run have none."),
    "## Remarks",
    list(remarks, "None: nothing disturbed the run, and nothing was lost."),
    ...scenarios.map(sectionOf),
  ];
  return `${parts.join("\n\n")}\n`;
}

function sectionOf(scenario: ScenarioResult): string {
  const { name, skipped, failures } = scenario;
  const grid = gridOf(scenario);
  const [heading = [], ...rows] = grid.map((row) => `| ${row.join(" | ")} |`);
  const rule = `|---|${"---:|".repeat((grid[0]?.length ?? 1) - 1)}`;
  const exceptions = [
    ...skipped.map((peer) => `Not run: ${peer.name}: ${peer.reason}.`),
    ...failures.map((failure) => `Failed: ${failure.server} in round ${failure.round}: ${failure.reason}.`),
  ];
  return [
    `## ${name}`,
    `${headingOf(scenario)}.`,
    [heading, rule, ...rows].join("\n"),
    ...(exceptions.length > 0 ? [list(exceptions)] : []),
  ].join("\n\n");
}

function lossesOf(scenarios: readonly ScenarioResult[]): string[] {
  return scenarios.flatMap(({ name, servers }) => {
    const own = servers.find((server) => !server.ratios)?.median;
    return servers.flatMap(({ name: peer, median, ratios = [] }) =>
      ratios.flatMap(({ figure, ratio, verdict }) => {
        const [ours, theirs] = [own?.[figure], median?.[figure]];
        if (verdict !== "lost" || ours === undefined || theirs === undefined) return [];
        const { label, show } = figureStyles[figure];
        return [`${name}: ${label} ${show(ours)}, against ${show(theirs)} of ${peer} (${showRatio(ratio)})`];
      }),
    );
  });
}

function goalsOf(scenarios: readonly ScenarioResult[]): string[] {
  return scenarios.flatMap(({ name, goals }) =>
    goals.map(({ figure, wanted, shown, met }) => {
      const verdict = met === undefined ? "" : met ? ": met" : ": **not met**";
      return `${name}: ${figureStyles[figure].label} ${shown}, goal ${wanted}${verdict}`;
    }),
  );
}

function serversOf(scenarios: readonly ScenarioResult[]): ServerResult[] {
  const byName = new Map(scenarios.flatMap(({ servers }) => servers).map((server) => [server.name, server]));
  return [...byName.values()];
}

function list(items: readonly string[], otherwise = ""): string {
  return items.length === 0 ? otherwise : items.map((item) => `- ${item}`).join("\n");
}
