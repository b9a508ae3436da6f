import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Expiry } from "../../../src/gateway/expiry.js";

const START = 1_700_000_000_000;

/** Days would take days: the clock is the test's. */
function setUp(t: TestContext, grace = 0) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: START });
  let ended = 0;
  const expiry = new Expiry(grace, () => ended++);
  return { expiry, count: () => ended, pass: (ms: number) => t.mock.timers.tick(ms) };
}

test("it calls back when the token has ended and the grace is over, once", (t) => {
  const { expiry, count, pass } = setUp(t, 500);
  expiry.set(START + 1_000);
  pass(1_499);
  assert.equal(count(), 0);
  pass(1);
  assert.equal(count(), 1);
  pass(100_000);
  assert.equal(count(), 1);
});

test("a newer token takes the place of the older one, also one that ends sooner", (t) => {
  const { expiry, count, pass } = setUp(t);
  expiry.set(START + 1_000);
  expiry.set(START + 3_000);
  pass(2_999);
  assert.equal(count(), 0);
  expiry.set(undefined);
  pass(10_000);
  assert.equal(count(), 0, "one that does not end");
  expiry.set(START + 13_000);
  pass(1);
  assert.equal(count(), 1);
});

test("a token that is over already ends at once, and not before the caller is done", (t) => {
  const { expiry, count, pass } = setUp(t);
  expiry.set(START - 1_000);
  assert.equal(count(), 0);
  pass(0);
  assert.equal(count(), 1);
});

test("a token may last longer than a timer can", (t) => {
  const { expiry, count, pass } = setUp(t);
  const day = 24 * 3_600_000;
  expiry.set(START + 60 * day);
  for (let n = 0; n < 59; n++) pass(day);
  assert.equal(count(), 0);
  pass(day - 1);
  assert.equal(count(), 0);
  pass(1);
  assert.equal(count(), 1);
});

test("stopped, it is silent", (t) => {
  const { expiry, count, pass } = setUp(t);
  expiry.set(START + 1_000);
  expiry.stop();
  pass(100_000);
  assert.equal(count(), 0);
});

test("clients are told whole seconds, rounded down, and at least one", (t) => {
  const { expiry, pass } = setUp(t, 5_000);
  assert.equal(expiry.result, "");
  expiry.set(START + 2_999);
  assert.equal(expiry.result, ',"expires":true,"ttl":2');
  pass(2_500);
  assert.equal(expiry.result, ',"expires":true,"ttl":1');
  pass(2_000);
  assert.equal(expiry.result, ',"expires":true,"ttl":1', "in the grace");
  expiry.set(undefined);
  assert.equal(expiry.result, "");
  expiry.set(Number.POSITIVE_INFINITY);
  assert.equal(expiry.result, ',"expires":true,"ttl":2147483647');
});
