import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../devices/simulator/random.js";

const draw = (random: Random, count: number) => Array.from({ length: count }, () => random.next());
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test("the same seed and label give the same numbers", () => {
  assert.deepEqual(draw(new Random(7, "door-01"), 100), draw(new Random(7, "door-01"), 100));
});

test("another seed or label gives other numbers", () => {
  const first = draw(new Random(7, "door-01"), 100);
  assert.notDeepEqual(draw(new Random(8, "door-01"), 100), first);
  assert.notDeepEqual(draw(new Random(7, "door-02"), 100), first);
});

test("numbers are spread evenly over [0, 1)", () => {
  const values = draw(new Random(1, "even"), 100_000);
  const tenths = new Array<number>(10).fill(0);
  for (const value of values) {
    assert.ok(value >= 0 && value < 1);
    const tenth = Math.floor(value * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  for (const count of tenths) assert.ok(Math.abs(count - 10_000) < 400, `${tenths}`);
});

test("noise has the spread that is asked for", () => {
  const random = new Random(2, "noise");
  const values = Array.from({ length: 20_000 }, () => random.noise(3));
  assert.ok(Math.abs(mean(values)) < 0.1);
  assert.ok(Math.abs(Math.sqrt(mean(values.map((value) => value ** 2))) - 3) < 0.1);
});

test("what happens ten times an hour happens as often in small steps as in large ones", () => {
  const random = new Random(3, "rate");
  const perHour = (seconds: number) => {
    const steps = (1000 * 3600) / seconds;
    let count = 0;
    for (let i = 0; i < steps; i++) if (random.happens(10, seconds)) count++;
    return count / 1000;
  };
  assert.ok(Math.abs(perHour(5) - 10) < 0.5);
  // In a minute it may come twice and is seen once, so a little less.
  assert.ok(Math.abs(perHour(60) - 9.2) < 0.5);
});

test("picks every choice", () => {
  const random = new Random(4, "pick");
  const picked = new Set(Array.from({ length: 200 }, () => random.pick("a", "b", "c")));
  assert.deepEqual([...picked].sort(), ["a", "b", "c"]);
});
