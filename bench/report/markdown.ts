import type { Document, ScenarioResult, ServerResult } from "./document.js";
import { figureStyles } from "./figures.js";
import { gridOf, showRatio } from "./grid.js";

/** For bench/RESULTS.md. */
export function markdownOf(document: Document): string {
  const { date, command, machine, rounds, seconds, warmup, scenarios, remarks } = document;
  const parts = [
    "# Results",
    `Written by \`${command}\` on ${date.slice(0, 10)}; [README.md](README.md) says how it is measured. Medians of ${rounds} ${rounds === 1 ? "round" : "rounds"} of ${seconds} s after ${warmup} s of warm-up; servers take turns.`,
    list([
      `CPU: ${machine.cpu}, ${machine.cores} cores; memory: ${(machine.memoryBytes / 1024 ** 3).toFixed(1)} GiB`,
      `System: ${machine.system}; Node.js ${machine.node}; load average before the run: ${machine.loadAverage.toFixed(2)}`,
      ...serversOf(scenarios).map(({ name, version, description }) => `${name} ${version}: ${description}`),
    ]),
    "## Where Causeway loses",
    list(lossesOf(scenarios), "Nowhere in this run."),
    "## Remarks",
    list(remarks, "None: nothing disturbed the run, and nothing was lost."),
    ...scenarios.map(sectionOf),
  ];
  return `${parts.join("\n\n")}\n`;
}

function sectionOf(scenario: ScenarioResult): string {
  const { name, title, subscribers, payloadBytes, window, skipped, failures } = scenario;
  const [heading = [], ...rows] = gridOf(scenario).map((row) => `| ${row.join(" | ")} |`);
  const rule = `|---|${"---:|".repeat((gridOf(scenario)[0]?.length ?? 1) - 1)}`;
  const exceptions = [
    ...skipped.map((peer) => `Not run: ${peer.name}: ${peer.reason}.`),
    ...failures.map((failure) => `Failed: ${failure.server} in round ${failure.round}: ${failure.reason}.`),
  ];
  return [
    `## ${name}`,
    `1 publisher, ${subscribers} subscribers of ${title}; QoS 0, payloads of ${payloadBytes} bytes, a window of ${window} messages.`,
    [heading, rule, ...rows].join("\n"),
    ...(exceptions.length > 0 ? [list(exceptions)] : []),
  ].join("\n\n");
}

function lossesOf(scenarios: readonly ScenarioResult[]): string[] {
  return scenarios.flatMap(({ name, servers }) => {
    const own = servers.find((server) => !server.ratios)?.median;
    return servers.flatMap(({ name: peer, median, ratios = [] }) =>
      ratios.flatMap(({ figure, ratio, verdict }) => {
        if (verdict !== "lost" || !own || !median) return [];
        const { label, show } = figureStyles[figure];
        return [
          `${name}: ${label} ${show(own[figure])}, against ${show(median[figure])} of ${peer} (${showRatio(ratio)})`,
        ];
      }),
    );
  });
}

function serversOf(scenarios: readonly ScenarioResult[]): ServerResult[] {
  const byName = new Map(scenarios.flatMap(({ servers }) => servers).map((server) => [server.name, server]));
  return [...byName.values()];
}

function list(items: readonly string[], otherwise = ""): string {
  return items.length === 0 ? otherwise : items.map((item) => `- ${item}`).join("\n");
}
