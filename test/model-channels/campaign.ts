import { describePlan, type Plan, planOf } from "./plan.js";
import { play, type Verdict } from "./run.js";

/** Runs at a time. */
const AT_A_TIME = 8;
/** Runs that making a failing plan smaller may take, and how long one of them waits for what is missing. */
const MOST_RUNS = 300;
const IMPATIENCE = 1_000;
const LONGEST_MS = 40_000;

export interface Tally {
  runs: number;
  published: number;
  connections: number;
  recoveries: number;
}

/** Plays the plans of the seeds; throws with all that is known about the first that fails. */
export async function campaign(
  seeds: readonly number[],
  longestMs = Number.POSITIVE_INFINITY,
): Promise<Tally> {
  const tally: Tally = { runs: 0, published: 0, connections: 0, recoveries: 0 };
  const deadline = performance.now() + longestMs;
  const rest = seeds.values();
  const failed: { plan: Plan; verdict: Verdict }[] = [];
  const some = async (): Promise<void> => {
    for (const seed of rest) {
      if (failed.length > 0 || performance.now() > deadline) return;
      const plan = planOf(seed);
      const verdict = await judge(plan);
      if (verdict.faults.length > 0) failed.push({ plan, verdict });
      tally.runs++;
      tally.published += verdict.published;
      tally.connections += verdict.connections;
      tally.recoveries += verdict.recoveries;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, some));
  for (const { plan, verdict } of failed) throw new Error(await describeFailure(plan, verdict));
  return tally;
}

/** What is thrown is a fault, too. */
async function judge(plan: Plan, patience?: number): Promise<Verdict> {
  try {
    return await play(plan, patience);
  } catch (error) {
    const fault = error instanceof Error ? `${error.stack}` : String(error);
    return { faults: [fault], published: 0, connections: 0, recoveries: 0 };
  }
}

export function describeTally({ runs, published, connections, recoveries }: Tally): string {
  return `${runs} runs: ${published} messages, ${connections} connections, ${recoveries} recoveries`;
}

async function describeFailure(plan: Plan, { faults }: Verdict): Promise<string> {
  const smaller = await shrink(plan);
  return [
    `seed ${plan.seed}:`,
    ...faults.slice(0, 10),
    "",
    smaller
      ? `The plan, as far as it was made smaller, gives ${smaller.verdict.faults[0]}`
      : "It did not fail again. The plan:",
    describePlan(smaller?.plan ?? plan),
    "",
    `again: MODEL_SEED=${plan.seed} node --import tsx --test test/model-channels/model-channels.test.ts`,
  ].join("\n");
}

/** Leaves steps out of a failing plan, many at first, as long as it fails. */
async function shrink(plan: Plan): Promise<{ plan: Plan; verdict: Verdict } | undefined> {
  const deadline = performance.now() + LONGEST_MS;
  let smallest: { plan: Plan; verdict: Verdict } | undefined;
  let runs = 0;
  const fails = async (candidate: Plan): Promise<boolean> => {
    for (let tries = 0; tries < 3 && runs < MOST_RUNS && performance.now() < deadline; tries++) {
      runs++;
      const verdict = await judge(candidate, IMPATIENCE);
      if (verdict.faults.length === 0) continue;
      smallest = { plan: candidate, verdict };
      return true;
    }
    return false;
  };
  if (!(await fails(plan))) return undefined;
  let { steps } = plan;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < steps.length; ) {
      const fewer = [...steps.slice(0, start), ...steps.slice(start + size)];
      if (await fails({ ...plan, steps: fewer })) steps = fewer;
      else start += size;
    }
  }
  return smallest;
}
