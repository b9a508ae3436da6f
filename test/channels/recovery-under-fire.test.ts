import assert from "node:assert/strict";
import { test } from "node:test";
import { type FirePlan, underFire } from "./fire/fire.js";

/* 2,000 messages a second to clients that are cut off at random moments, and what they are told of what they missed. */

const plan: FirePlan = { seed: 1, rate: 2_000, duration: 3_000, targets: 8, history: 50_000 };

test("with a history that reaches far enough every client recovers everything, each time", async (t) => {
  const { faults, sent, cuts, recovered, unrecovered } = await underFire(t, plan);
  assert.deepEqual(faults.slice(0, 5), []);
  assert.equal(unrecovered, 0);
  assert.ok(recovered >= cuts / 2 && cuts >= 20, `${recovered} of ${cuts} cuts were recovered from`);
  assert.ok(sent > 3_000, `${sent} messages`);
});

test("with one that is too short, each is told every time whether it has everything", async (t) => {
  const { faults, recovered, unrecovered } = await underFire(t, { ...plan, seed: 2, history: 10 });
  assert.deepEqual(faults.slice(0, 5), []);
  assert.ok(unrecovered >= 1, `${unrecovered} could not be recovered from, ${recovered} could`);
});

test("with one that is in the store, over a server that is killed as well", async (t) => {
  const { faults, recovered, unrecovered } = await underFire(t, { ...plan, seed: 3, kills: 1 });
  assert.deepEqual(faults.slice(0, 5), []);
  assert.equal(unrecovered, 0);
  assert.ok(recovered >= 20, `${recovered}`);
});
