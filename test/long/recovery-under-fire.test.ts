import assert from "node:assert/strict";
import { test } from "node:test";
import { type FirePlan, underFire } from "../channels/fire/fire.js";

const MINUTE = 60_000;
const plan: FirePlan = { seed: 100, rate: 2_000, duration: MINUTE, targets: 30, history: 100_000 };
const plans: [string, FirePlan, (recovered: number, unrecovered: number) => boolean][] = [
  ["a long history", plan, (recovered, unrecovered) => recovered > 500 && unrecovered === 0],
  ["a short history", { ...plan, seed: 101, history: 10 }, (_, unrecovered) => unrecovered > 100],
  [
    "one in between",
    { ...plan, seed: 102, history: 40 },
    (recovered, unrecovered) => recovered > 50 && unrecovered > 5,
  ],
  [
    "a server that is killed again and again",
    { ...plan, seed: 103, kills: 8 },
    (recovered, unrecovered) => recovered > 500 && unrecovered === 0,
  ],
];

for (const [what, each, isRight] of plans)
  test(`a minute under fire with ${what}`, async (t) => {
    const report = await underFire(t, each);
    const { faults, recovered, unrecovered, ...rest } = report;
    console.log(`${what}: ${JSON.stringify({ recovered, unrecovered, ...rest })}`);
    assert.deepEqual(faults.slice(0, 10), []);
    assert.ok(isRight(recovered, unrecovered), `${recovered} recovered, ${unrecovered} not`);
  });
