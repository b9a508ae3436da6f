import assert from "node:assert/strict";
import { test } from "node:test";
import { FROZEN_CASES, freezeChannel, freezeMqtt, nameOf } from "../faults/support/frozen.js";

const SECONDS = 15;
/** Far more than a healthy subscriber waits on any machine; what it is to be, the benchmark says. */
const LONGEST_GAP_MS = 1_000;

for (const frozenCase of FROZEN_CASES)
  test(`for ${SECONDS} s a subscriber does not read, ${nameOf(frozenCase)}: the healthy one never waits long`, async (t) => {
    const gap = await freezeMqtt(t, frozenCase, SECONDS);
    t.diagnostic(`longest gap of the healthy one: ${gap.toFixed(1)} ms`);
    assert.ok(gap <= LONGEST_GAP_MS, `the healthy one waited for ${gap.toFixed(0)} ms`);
  });

test(`for ${SECONDS} s two channel sessions do not read: the healthy one never waits long`, async (t) => {
  const gap = await freezeChannel(t, SECONDS);
  t.diagnostic(`longest gap of the healthy one: ${gap.toFixed(1)} ms`);
  assert.ok(gap <= LONGEST_GAP_MS, `the healthy one waited for ${gap.toFixed(0)} ms`);
});
