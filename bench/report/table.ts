import type { Document, ScenarioResult } from "./document.js";
import { gridOf } from "./grid.js";

/** For a terminal. */
export function tablesOf({ scenarios, remarks, rounds, seconds, warmup }: Document): string {
  const how = `Medians of ${rounds} ${rounds === 1 ? "round" : "rounds"} of ${seconds} s after ${warmup} s of warm-up. CPU is of the server's process, in parts of a core. "!" marks what is lost.`;
  const parts = [...scenarios.map(tableOf), how, ...remarks.map((remark) => `- ${remark}`)];
  return `${parts.join("\n")}\n`;
}

function tableOf(scenario: ScenarioResult): string {
  const { name, title, subscribers, payloadBytes, window, skipped, failures } = scenario;
  return [
    `${name}: 1 publisher -> ${subscribers} subscribers of ${title}; QoS 0, ${payloadBytes} bytes, window of ${window} messages`,
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
