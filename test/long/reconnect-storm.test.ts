import assert from "node:assert/strict";
import { test } from "node:test";
import { arrivalCurve, storm } from "../channels/storm/storm.js";

const COUNT = 500;
/** The back-off that clients have by themselves. */
const plan = { count: COUNT, minDelay: 500, maxDelay: 20_000, patience: 120_000 };

for (const persist of [false, true])
  test(`${COUNT} clients over all transports whose server is killed are all back${persist ? ", with everything" : ""}`, async (t) => {
    const { faults, recovered, unrecovered, fewest, most, times } = await storm(t, { ...plan, persist });
    console.log(`back, with${persist ? "" : "out"} a history in the store:\n${arrivalCurve(times, 1_000)}`);
    assert.deepEqual(faults.slice(0, 10), []);
    assert.deepEqual([recovered, unrecovered], persist ? [COUNT, 0] : [0, COUNT]);
    if (persist) assert.deepEqual([fewest, most], [31, 31]);
  });
