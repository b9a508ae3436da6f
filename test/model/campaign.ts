import type { Teardown } from "../helpers/teardown.js";
import { Ground } from "./ground.js";
import { describePlan, type Plan } from "./plan.js";
import { planOf } from "./planner.js";
import { play, type Verdict } from "./run.js";
import { type Failing, shrink } from "./shrink.js";

/** The servers differ in what lets messages wait: how many may be in flight to one client. */
const LIMITS = [{ maxInflight: 100 }, { maxInflight: 1 }, { maxInflight: 4 }] as const;
/** Runs at a time: they share the servers, so each meets the others' work. */
const AT_A_TIME = 16;
/** One seed in so many has a server of its own, which is restarted in the middle. */
const RESTART_EVERY = 50;
/** Faults of one run that are told. */
const MOST_FAULTS = 10;

export interface Tally {
  runs: number;
  published: number;
  delivered: number;
  connections: number;
  restarts: number;
}

export function seedsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

/** Runs the seeds; throws with all that is known about the first that fails. */
export async function campaign(t: Teardown, seeds: readonly number[]): Promise<Tally> {
  const grounds = await Promise.all(LIMITS.map((limits) => Ground.open(t, limits)));
  const runs = new Campaign(t, grounds, seeds);
  await runs.all();
  await Promise.all(grounds.map((ground) => ground.end("stop")));
  return runs.tally;
}

export function describeTally({ published, delivered, connections, restarts }: Tally): string {
  return `${published} messages published, ${delivered} delivered, ${connections} connections, ${restarts} restarts`;
}

class Campaign {
  readonly tally: Tally = { runs: 0, published: 0, delivered: 0, connections: 0, restarts: 0 };
  readonly #teardown: Teardown;
  readonly #grounds: readonly Ground[];
  readonly #seeds: Iterable<number>;
  #failed = false;

  constructor(teardown: Teardown, grounds: readonly Ground[], seeds: readonly number[]) {
    this.#teardown = teardown;
    this.#grounds = grounds;
    this.#seeds = seeds.values();
  }

  async all(): Promise<void> {
    await Promise.all(Array.from({ length: AT_A_TIME }, () => this.#some()));
  }

  /** Takes one seed after the other, until there is none, or one has failed. */
  async #some(): Promise<void> {
    for (const seed of this.#seeds) {
      if (this.#failed) return;
      await this.#one(seed);
    }
  }

  async #one(seed: number): Promise<void> {
    const restarts = seed % RESTART_EVERY === 0 ? 1 + (Math.floor(seed / RESTART_EVERY) % 2) : 0;
    const shared = this.#grounds[seed % this.#grounds.length];
    if (!shared) throw new Error("there is no server");
    const ground = restarts > 0 ? await Ground.open(this.#teardown, shared.limits) : shared;
    const plan = planOf(seed, { restarts });
    const verdict = await play(plan, ground);
    if (verdict.faults.length > 0) return this.#fail(plan, verdict, ground);
    if (ground !== shared) await ground.end("stop");
    const { tally } = this;
    tally.runs++;
    tally.restarts += restarts;
    tally.published += verdict.published;
    tally.delivered += verdict.delivered;
    tally.connections += verdict.connections;
  }

  async #fail(plan: Plan, verdict: Verdict, ground: Ground): Promise<void> {
    if (this.#failed) return; // one at a time is enough
    this.#failed = true;
    const smallest = await shrink(plan, verdict, (smaller, patience) => play(smaller, ground, patience));
    throw new Error(describeFailure({ plan, verdict }, smallest, ground));
  }
}

function describeFailure({ plan, verdict }: Failing, smaller: Failing, { limits, server }: Ground): string {
  return [
    `seed ${plan.seed}, mqtt.maxInflight ${limits.maxInflight}${server.alive ? "" : ", and the server is gone"}:`,
    ...verdict.faults.slice(0, MOST_FAULTS),
    "",
    `The plan, as far as it was made smaller (${smaller.plan.steps.length} of ${plan.steps.length} steps):`,
    describePlan(smaller.plan),
    "which gives:",
    ...smaller.verdict.faults.slice(0, MOST_FAULTS),
    "",
    `again: MODEL_SEED=${plan.seed} node --import tsx --test test/model/model.test.ts`,
  ].join("\n");
}
