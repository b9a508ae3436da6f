import type { ScenarioResult, ServerResult } from "./document.js";
import { figureNames, figureStyles } from "./figures.js";

/** The rows of a scenario's table, the heading first: a server each, and Causeway beside each peer. */
export function gridOf({ servers }: ScenarioResult): string[][] {
  const heading = ["", ...figureNames.map((name) => figureStyles[name].label), "lost"];
  return [heading, ...servers.map(figuresRow), ...servers.flatMap(ratiosRow)];
}

function figuresRow({ name, median, rounds }: ServerResult): string[] {
  const lost = rounds.reduce((sum, round) => sum + round.lost, 0);
  if (!median) return [name, ...figureNames.map(() => "-"), "-"];
  return [name, ...figureNames.map((figure) => figureStyles[figure].show(median[figure])), String(lost)];
}

function ratiosRow({ name, ratios }: ServerResult): string[][] {
  if (!ratios) return [];
  const cells = figureNames.map((figure) => {
    const ratio = ratios.find((candidate) => candidate.figure === figure);
    return ratio ? `${showRatio(ratio.ratio)}${ratio.verdict === "lost" ? " !" : ""}` : "";
  });
  return [[`causeway / ${name}`, ...cells, ""]];
}

export function showRatio(ratio: number): string {
  return `x${ratio >= 10 ? ratio.toFixed(0) : ratio.toPrecision(2)}`;
}
