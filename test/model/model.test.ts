import assert from "node:assert/strict";
import { test } from "node:test";
import { campaign, describeTally, seedsFrom } from "./campaign.js";

const SEEDS = 300;
/** Times that a seed is run which was asked for: its plan is the same each time, its timing is not. */
const TIMES = 50;
const only = process.env.MODEL_SEED;
const seeds = only === undefined ? seedsFrom(1, SEEDS) : Array.from({ length: TIMES }, () => Number(only));

test("clients that publish, subscribe, go and return at random get what they must, in order, and nothing else", async (t) => {
  const tally = await campaign(t, seeds);
  assert.equal(tally.runs, seeds.length);
  t.diagnostic(describeTally(tally));
});
