import assert from "node:assert/strict";
import { test } from "node:test";
import { Rate } from "../../dashboard/model/rate.js";

const START = 1_700_000_000_000;

test("the rate is the mean of the whole seconds in the window", () => {
  const rate = new Rate(10);
  for (let second = 0; second < 20; second++)
    for (let i = 0; i < 5; i++) rate.add(START + second * 1000 + i * 100);
  assert.equal(rate.perSecond(START + 20_000), 5);
});

test("a young rate is not thinned out by the time before it", () => {
  const rate = new Rate(10);
  for (let i = 0; i < 8; i++) rate.add(START + i * 250);
  assert.equal(rate.perSecond(START + 2_000), 4);
});

test("the running second does not count yet", () => {
  const rate = new Rate(3);
  rate.add(START);
  assert.equal(rate.perSecond(START + 999), 0);
  assert.deepEqual(rate.counts(START + 999), [0, 0, 0]);
  assert.deepEqual(rate.counts(START + 1_000), [0, 0, 1]);
});

test("silence brings the rate to zero, however long it lasts", () => {
  const rate = new Rate(10);
  for (let i = 0; i < 100; i++) rate.add(START);
  assert.equal(rate.perSecond(START + 10_000), 10);
  assert.equal(rate.perSecond(START + 11_000), 0);
  assert.equal(rate.perSecond(START + 86_400_000), 0);
});

test("a clock that is set back breaks nothing", () => {
  const rate = new Rate(5);
  rate.add(START);
  rate.add(START - 60_000);
  rate.add(START + 1_000);
  assert.ok(rate.perSecond(START + 2_000) >= 1);
});
