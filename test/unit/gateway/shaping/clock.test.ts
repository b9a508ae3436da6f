import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock, TICK_MS, type Timed } from "../../../../src/gateway/shaping/clock.js";
import { testClock } from "../support/pacing.js";

class Sleeper implements Timed {
  at = 0;
  readonly woken: number[] = [];
  constructor(readonly then: (now: number) => void = () => {}) {}
  due(now: number): void {
    this.woken.push(now);
    this.then(now);
  }
}

test("everybody is woken after their time, and within a tick of it", (t) => {
  const { clock, tick } = testClock(t);
  const start = clock.now();
  // Also across several turns of the wheel, and in no order.
  const delays = [60_000, 0, 1, 19, 20, 21, 500, 10_239, 10_240, 10_241, 25_000, -50];
  const sleepers = delays.map((delay) => {
    const sleeper = new Sleeper();
    clock.wait(sleeper, start + delay);
    return sleeper;
  });
  assert.equal(clock.waiting, delays.length);
  tick(61_000);
  for (const [i, { woken }] of sleepers.entries()) {
    const late = (woken[0] ?? Number.NaN) - start - Math.max(delays[i] as number, 0);
    assert.equal(woken.length, 1);
    assert.ok(late >= 0 && late <= 2 * TICK_MS, `${delays[i]} was ${late} ms late`);
  }
  assert.equal(clock.waiting, 0);
});

test("who is forgotten is not woken, and who waits on is", (t) => {
  const { clock, tick } = testClock(t);
  const start = clock.now();
  const forgotten = new Sleeper();
  const again: Sleeper = new Sleeper((now) => {
    if (again.woken.length < 3) clock.wait(again, now + 100);
  });
  clock.wait(forgotten, start + 50);
  clock.wait(again, start + 50);
  clock.forget(forgotten);
  clock.forget(forgotten);
  tick(1_000);
  assert.deepEqual([forgotten.woken.length, again.woken.length, clock.waiting], [0, 3, 0]);
});

test("one who fails does not keep the others asleep", (t) => {
  const { clock, tick, failures } = testClock(t);
  const broken = new Sleeper(() => {
    throw new Error("broken");
  });
  const sound = new Sleeper();
  clock.wait(broken, clock.now());
  clock.wait(sound, clock.now());
  tick(100);
  assert.deepEqual([failures.map(String), sound.woken.length, clock.waiting], [["Error: broken"], 1, 0]);
});

test("after a standstill of more than a turn of the wheel everybody is woken", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { clock, sleepers, pass } = standstill();
  pass(30_000);
  t.mock.timers.tick(TICK_MS);
  assert.deepEqual(
    sleepers.map(({ woken }) => woken.length),
    [1, 1, 1],
  );
  assert.equal(clock.waiting, 0);
});

function standstill() {
  let now = 5;
  const clock = new Clock(
    () => {},
    () => now,
  );
  const sleepers = [10, 9_000, 29_000].map((delay) => {
    const sleeper = new Sleeper();
    clock.wait(sleeper, now + delay);
    return sleeper;
  });
  return { clock, sleepers, pass: (ms: number) => (now += ms) };
}
