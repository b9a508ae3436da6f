import type { Document, ScenarioResult } from "./document.js";
import { gridOf } from "./grid.js";
import { headingOf } from "./heading.js";

/** For a terminal. */
export function tablesOf({ scenarios, remarks, warmup }: Document): string {
  const how = `Medians of the rounds, each after ${warmup} s of warm-up. CPU is of the server's process, in parts of a core. "!" marks what is lost.`;
  const parts = [...scenarios.map(tableOf), how, ...remarks.map((remark) => `- ${remark}`)];
  return `${parts.join("\n")}\n`;
}

function tableOf(scenario: ScenarioResult): string {
  const { name, skipped, failures } = scenario;
  return [
    `${name}: ${headingOf(scenario)}`,
    ...align(gridOf(scenario)),
    ...skipped.map((peer) => `not run: ${peer.name}: ${peer.reason}`),
    ...failures.map((failure) => `failed: ${failure.server}, round ${failure.round}: ${failure.reason}`),
    "",
  ].join("\n");
}

function align(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => `  ${row.map(pad).join("  ")}`.trimEnd());
}
