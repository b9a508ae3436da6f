import assert from "node:assert/strict";
import { test } from "node:test";
import { Drain } from "../../../src/gateway/drain.js";

/** Drains `count` sessions; gives their numbers in the order in which they were told, and when, in ms from the start. */
function drained(count: number, window: number): Promise<{ order: number[]; times: number[] }> {
  const order: number[] = [];
  const times: number[] = [];
  const start = performance.now();
  return new Promise((resolve) => {
    const tell = (i: number) => {
      order.push(i);
      times.push(performance.now() - start);
      if (order.length === count) resolve({ order, times });
    };
    new Drain(
      Array.from({ length: count }, (_, i) => ({ disconnect: () => tell(i) })),
      window,
    );
  });
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

test("every session is told once, in another order each time", async () => {
  const [one, other] = await Promise.all([drained(100, 50), drained(100, 50)]);
  assert.deepEqual(
    one.order.toSorted((a, b) => a - b),
    numbers(100),
  );
  assert.notDeepEqual(one.order, numbers(100));
  assert.notDeepEqual(one.order, other.order);
});

test("none is told before its share of the window has passed", async () => {
  const count = 1_000;
  const window = 400;
  const { times } = await drained(count, window);
  for (const [i, time] of times.entries())
    assert.ok(time >= (i * window) / count - 1, `number ${i} was told after ${time} ms`);
});

test("a few sessions take 5 ms each, not the window", async () => {
  const { times } = await drained(4, 60_000);
  assert.ok((times.at(-1) ?? 0) >= 14, `told after ${times} ms`);
});

test("with no window all are told before anything else happens", () => {
  let told = 0;
  const session = { disconnect: () => told++ };
  new Drain([session, session, session], 0);
  assert.equal(told, 3);
});
