import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../../../devices/simulator/backoff.js";

function backoff(random: number) {
  let now = 0;
  const made = new Backoff(
    () => random,
    () => now,
  );
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { backoff: made, pass };
}

const next = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.next());

test("doubles up to half a minute", () => {
  assert.deepEqual(
    next(backoff(1).backoff, 9),
    [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000],
  );
});

test("is spread over the upper half of the delay", () => {
  assert.deepEqual(next(backoff(0).backoff, 3), [250, 500, 1000]);
});

test("starts again after a connection that lasted", () => {
  const { backoff: made, pass } = backoff(1);
  next(made, 5);
  made.connected();
  pass(10_000);
  assert.equal(made.next(), 500);
});

test("goes on growing when each connection is lost at once", () => {
  const { backoff: made, pass } = backoff(1);
  made.next();
  made.connected();
  pass(100);
  assert.equal(made.next(), 1000);
});
