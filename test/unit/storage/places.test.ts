import assert from "node:assert/strict";
import { test } from "node:test";
import { Places } from "../../../src/storage/places.js";
import { randomFrom } from "./random.js";

function check(places: Places, model: ReadonlyMap<number, number>, when: string): void {
  const bytes = [...model.values()].reduce((sum, size) => sum + size, 0);
  assert.deepEqual(
    [places.count, places.bytes, places.oldest],
    [model.size, bytes, model.keys().next().value],
    when,
  );
}

test("says what a map of sizes would, whatever the gaps and however much is passed", () => {
  const gaps = [0, 0, 0, 0, 1, 2, 300, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 35 + 7];
  for (let seed = 1; seed <= 30; seed++) {
    const random = randomFrom(seed);
    const places = new Places();
    const model = new Map<number, number>();
    let last = random(2) * 2 ** 40;
    for (let step = 0; step < 1000; step++) {
      // Phases of filling and of draining, so that the ring grows, turns round and is empty again.
      if (random(10) < (step % 200 < 100 ? 8 : 3)) {
        last += 1 + (gaps[random(gaps.length)] ?? 0);
        const size = [0, 1, random(1000), 2 ** 31 - 1][random(4)] ?? 0;
        places.push(last, size);
        model.set(last, size);
      } else {
        const waiting = [...model.keys()];
        const near = waiting[random(Math.min(waiting.length, 6))] ?? last;
        const bound = near + ([-1, 0, 0, 1, 1000][random(5)] ?? 0);
        places.pass(bound);
        for (const sequence of waiting) if (sequence <= bound) model.delete(sequence);
      }
      check(places, model, `seed ${seed}, step ${step}`);
    }
    places.pass(last);
    check(places, new Map(), `seed ${seed}, at the end`);
  }
});

test("holds nothing at first, and can begin anywhere, again after it was emptied", () => {
  const places = new Places();
  check(places, new Map(), "new");
  places.pass(2 ** 50);
  check(places, new Map(), "passed");
  for (const start of [0, 1, 2 ** 32, 2 ** 53 - 1, 5]) {
    places.push(start, 7);
    check(places, new Map([[start, 7]]), `${start}`);
    places.pass(start - 1);
    check(places, new Map([[start, 7]]), `${start}, not passed`);
    places.pass(start);
    check(places, new Map(), `${start}, passed`);
  }
});

test("numbers that leap take no memory for what they leap over", () => {
  const places = new Places();
  const before = process.memoryUsage().arrayBuffers;
  const model = new Map<number, number>();
  for (let index = 0; index < 10_000; index++) {
    const sequence = index * 2 ** 31;
    places.push(sequence, 1);
    model.set(sequence, 1);
  }
  check(places, model, "pushed");
  assert.ok(process.memoryUsage().arrayBuffers - before < 16 * 1024 * 1024);
  places.pass(9_998 * 2 ** 31 + 5);
  check(places, new Map([[9_999 * 2 ** 31, 1]]), "passed");
});

test("takes the largest gap there can be", () => {
  const places = new Places();
  places.push(0, 1);
  places.push(2 ** 53 - 1, 2);
  places.pass(2 ** 53 - 2);
  check(places, new Map([[2 ** 53 - 1, 2]]), "passed");
});

test("a queue of 100,000 is filled and passed one by one", () => {
  const places = new Places();
  for (let sequence = 1; sequence <= 100_000; sequence++) places.push(sequence * 3, sequence);
  for (let sequence = 1; sequence < 100_000; sequence++) {
    places.pass(sequence * 3 + 1);
    assert.equal(places.oldest, sequence * 3 + 3);
  }
  check(places, new Map([[300_000, 100_000]]), "at the end");
});
