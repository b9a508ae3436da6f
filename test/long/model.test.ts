import assert from "node:assert/strict";
import { test } from "node:test";
import { campaign, describeTally, seedsFrom, type Tally } from "../model/campaign.js";

const SEEDS = 5_000;
/** New servers after so many, so that they do not pile up what earlier runs left. */
const PER_CAMPAIGN = 250;
/** Beyond those of the short test. */
const FIRST = 1_000;

test(`${SEEDS} runs of clients that publish, subscribe, go and return at random`, async (t) => {
  const total: Tally = { runs: 0, published: 0, delivered: 0, connections: 0, restarts: 0 };
  for (let first = FIRST; first < FIRST + SEEDS; first += PER_CAMPAIGN) {
    const tally = await campaign(t, seedsFrom(first, PER_CAMPAIGN));
    for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key];
    // Not t.diagnostic(), which says everything at the end.
    console.log(`${total.runs} of ${SEEDS} runs: ${describeTally(total)}`);
  }
  assert.equal(total.runs, SEEDS);
});
