import type { ScenarioResult } from "./document.js";

/** What was done and how often, in a line. */
export function headingOf({ work, window, rounds, seconds }: ScenarioResult): string {
  const windowed = window === undefined ? "" : `, window of ${window} messages`;
  const length = seconds > 0 ? ` of ${seconds} s` : "";
  return `${work}${windowed}; ${rounds} ${rounds === 1 ? "round" : "rounds"}${length}`;
}
