import assert from "node:assert/strict";
import { test } from "node:test";
import { arrivalCurve, storm } from "./storm/storm.js";

const plan = { count: 50, minDelay: 50, maxDelay: 1_000, patience: 20_000 };

test("fifty clients over all transports whose server is killed are all back, and told that not everything was recovered", async (t) => {
  const { faults, recovered, unrecovered, times } = await storm(t, { ...plan, persist: false });
  assert.deepEqual(faults.slice(0, 5), []);
  assert.deepEqual([recovered, unrecovered, times.length], [0, 50, 50]);
  t.diagnostic(`back after\n${arrivalCurve(times, 100)}`);
});

test("with a history in the store all of them recover everything", async (t) => {
  const { faults, recovered, unrecovered, fewest, most } = await storm(t, { ...plan, persist: true });
  assert.deepEqual(faults.slice(0, 5), []);
  assert.deepEqual([recovered, unrecovered, fewest, most], [50, 0, 31, 31]);
});
