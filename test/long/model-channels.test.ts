import assert from "node:assert/strict";
import { test } from "node:test";
import { campaign, describeTally, type Tally } from "../model-channels/campaign.js";

const SEEDS = 20_000;
const PER_CAMPAIGN = 1_000;
/** Beyond those of the short test. */
const FIRST = 1_000;

test(`${SEEDS} runs of maps and streams whose clients go and return at random`, async () => {
  const total: Tally = { runs: 0, published: 0, connections: 0, recoveries: 0 };
  for (let first = FIRST; first < FIRST + SEEDS; first += PER_CAMPAIGN) {
    const tally = await campaign(Array.from({ length: PER_CAMPAIGN }, (_, i) => first + i));
    for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key];
    // Not t.diagnostic(), which says everything at the end.
    console.log(describeTally(total));
  }
  assert.equal(total.runs, SEEDS);
});
