import type { Children } from "../process/children.js";
import type { Outcome, Plan } from "./plan.js";

/** Beyond the time that sending takes: connecting, settling, draining, and a machine that is busy. */
const SPARE_MS = 120_000;
/** For work that takes as long as it takes. */
const UNTIMED_MS = 600_000;

/** Carries a plan out in a process of its own; `seconds` of it pass by the clock, or 0. */
export async function runLoad(children: Children, plan: Plan, seconds: number): Promise<Outcome> {
  const child = await children.startScript(new URL("./main.ts", import.meta.url), [JSON.stringify(plan)]);
  try {
    const limit = seconds > 0 ? seconds * 1000 + SPARE_MS : UNTIMED_MS;
    const answer = await child.output.find(readAnswer, "the load", limit);
    if ("fault" in answer) throw new Error(answer.fault);
    return answer.outcome;
  } finally {
    await child.end();
  }
}

function readAnswer(line: string): { outcome: Outcome } | { fault: string } | undefined {
  return line.startsWith("{") ? (JSON.parse(line) as { outcome: Outcome } | { fault: string }) : undefined;
}
