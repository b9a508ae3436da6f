import assert from "node:assert/strict";
import { test } from "node:test";
import { campaign, describeTally } from "./campaign.js";

const SEEDS = 600;
/** No new runs after so long. */
const LONGEST_MS = 12_000;
/** Times that a seed is run which was asked for: its plan is the same each time, its timing is not. */
const TIMES = 30;
const only = process.env.MODEL_SEED;
const seeds = Array.from({ length: only === undefined ? SEEDS : TIMES }, (_, i) => Number(only ?? i + 1));

test("maps and streams of clients that go and return at random are true whenever there is quiet", async (t) => {
  const tally = await campaign(seeds, LONGEST_MS);
  assert.ok(tally.runs >= 20, `${tally.runs} runs`);
  assert.ok(only !== undefined || tally.recoveries > tally.runs / 4, "many recover");
  t.diagnostic(describeTally(tally));
});
