import { test } from "node:test";
import type { NewGround } from "./ground.js";
import { ModelRun } from "./model-run.js";

const { SEED, STEPS = "1500" } = process.env;
const seeds = SEED === undefined ? [1, 2, 3].map((n) => n + (Date.now() % 1_000_000) * 10) : [Number(SEED)];

/** The seed of a failure is in its message: SEED=n runs it again. */
export function random(newGround: NewGround): void {
  for (const [index, seed] of seeds.entries())
    test(`random work, closing and crashing leaves what a model of it holds (${index + 1})`, async (t) => {
      t.diagnostic(`seed ${seed}`);
      await ModelRun.go(seed, Number(STEPS), await newGround(t));
    });
}
