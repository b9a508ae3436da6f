import assert from "node:assert/strict";
import { test } from "node:test";
import { Reviews } from "../../../src/gateway/reviews.js";

/** Goes on only while something is done. */
let clock = 0;
const now = () => clock;

/** A session whose review takes its time. */
class Slow {
  reviews = 0;

  constructor(readonly ms: number) {}

  review(): void {
    this.reviews++;
    clock += this.ms;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const fail = (error: unknown): void => {
  throw error;
};

function sessionsOf(count: number, ms: number) {
  const sessions = Array.from({ length: count }, () => new Slow(ms));
  const map = new Map(sessions.map((session, n) => [String(n), session]));
  return { map, counts: () => sessions.map(({ reviews }) => reviews) };
}

test("a few sessions are looked at at once", () => {
  const { map, counts } = sessionsOf(10, 0);
  new Reviews(map, fail, now).begin();
  assert.deepEqual(new Set(counts()), new Set([1]));
});

test("many are looked at over several turns, each of them once", async () => {
  const { map, counts } = sessionsOf(40, 1);
  new Reviews(map, fail, now).begin();
  assert.ok(counts().filter(Boolean).length < 20, "others have their turn");
  for (let n = 0; n < 60; n++) await turn();
  assert.deepEqual(new Set(counts()), new Set([1]));
});

test("a change meanwhile begins anew, and leaves nobody out", async () => {
  const { map, counts } = sessionsOf(40, 1);
  const reviews = new Reviews(map, fail, now);
  reviews.begin();
  const first = counts();
  reviews.begin();
  for (let n = 0; n < 60; n++) await turn();
  assert.deepEqual(
    counts(),
    first.map((count) => count + 1),
  );
});

test("a session that fails does not keep the others from their turn, and a stop ends it", async () => {
  const { map, counts } = sessionsOf(40, 1);
  const failures: unknown[] = [];
  const broken = { review: fail.bind(undefined, new Error("broken")) };
  const reviews = new Reviews(new Map([["broken", broken], ...map]), (error) => failures.push(error), now);
  reviews.begin();
  assert.equal(failures.length, 1);
  reviews.stop();
  const stopped = counts();
  for (let n = 0; n < 10; n++) await turn();
  assert.deepEqual(counts(), stopped);
  assert.ok(stopped[0] === 1 && stopped.at(-1) === 0);
});
