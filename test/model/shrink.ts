import type { Plan, Step } from "./plan.js";
import type { Verdict } from "./run.js";

/** Runs that making a plan smaller may take. */
const MOST_RUNS = 500;
/** No new attempts after so long. */
const LONGEST_MS = 45_000;
/** What depends on chance in the timing is tried so often. */
const TRIES = 3;
/** What does not come so soon, in milliseconds, is taken for missing. */
const PATIENCE = 1_500;

export interface Failing {
  readonly plan: Plan;
  readonly verdict: Verdict;
}

/** Leaves steps out of a failing plan, many at first, as long as it fails. */
export async function shrink(
  plan: Plan,
  verdict: Verdict,
  play: (plan: Plan, patience: number) => Promise<Verdict>,
): Promise<Failing> {
  let smallest: Failing = { plan, verdict };
  let runs = 0;
  const deadline = performance.now() + LONGEST_MS;
  const fails = async (steps: readonly Step[]): Promise<boolean> => {
    for (let i = 0; i < TRIES && runs < MOST_RUNS && performance.now() < deadline; i++) {
      runs++;
      const candidate = { ...plan, steps };
      const tried = await play(candidate, PATIENCE);
      if (tried.faults.length === 0) continue;
      smallest = { plan: candidate, verdict: tried };
      return true;
    }
    return false;
  };
  for (let size = Math.ceil(plan.steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < smallest.plan.steps.length; ) {
      const { steps } = smallest.plan;
      if (!(await fails([...steps.slice(0, start), ...steps.slice(start + size)]))) start += size;
    }
  }
  return smallest;
}
