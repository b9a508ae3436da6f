import type { FigureName } from "../measure/figures.js";
import type { ScenarioResult, ServerResult } from "./document.js";
import { figureStyles } from "./figures.js";
import { showRatio } from "./ratio.js";

/** The rows of a scenario's table, the heading first: a server each, what Causeway is to reach, and Causeway beside each peer. */
export function gridOf(scenario: ScenarioResult): string[][] {
  const { servers } = scenario;
  // What none of them has is left out.
  const figures = scenario.figures.filter((figure) =>
    servers.some(({ median }) => median?.[figure] !== undefined),
  );
  const counted = servers.some(({ rounds }) => rounds.some(({ account }) => account));
  const rows = [
    ["", ...figures.map((name) => figureStyles[name].label), "lost"],
    ...servers.map((server) => figuresRow(server, figures)),
    ...goalsRows(scenario, figures),
    ...servers.flatMap((server) => ratiosRow(server, figures)),
  ];
  return counted ? rows : rows.map((row) => row.slice(0, -1));
}

function figuresRow({ name, median, rounds }: ServerResult, figures: readonly FigureName[]): string[] {
  const lost = rounds.reduce((sum, { account }) => sum + (account?.lost ?? 0), 0);
  const cells = figures.map((figure) => {
    const value = median?.[figure];
    return value === undefined ? "-" : figureStyles[figure].show(value);
  });
  return [name, ...cells, rounds.length > 0 ? String(lost) : "-"];
}

const VERDICTS = { true: "met", false: "NOT MET", undefined: "not measured" };

/** A figure may have several goals; the first of each are in the first row. */
function goalsRows({ goals }: ScenarioResult, figures: readonly FigureName[]): string[][] {
  const columns = figures.map((figure) =>
    goals
      .filter((goal) => goal.figure === figure)
      .map(({ wanted, met }) => `${wanted}: ${VERDICTS[`${met}`]}`),
  );
  const height = Math.max(0, ...columns.map(({ length }) => length));
  return Array.from({ length: height }, (_, row) => [
    "goal of causeway",
    ...columns.map((cells) => cells[row] ?? ""),
    "",
  ]);
}

function ratiosRow({ name, ratios }: ServerResult, figures: readonly FigureName[]): string[][] {
  if (!ratios) return [];
  const cells = figures.map((figure) => {
    const ratio = ratios.find((candidate) => candidate.figure === figure);
    return ratio ? `${showRatio(ratio.ratio)}${ratio.verdict === "lost" ? " !" : ""}` : "";
  });
  return [[`causeway / ${name}`, ...cells, ""]];
}
