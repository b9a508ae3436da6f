import assert from "node:assert/strict";
import { test } from "node:test";
import { Denied } from "../../../src/access/denied.js";
import { FairQueue } from "../../../src/auth/fair-queue.js";

/** Work that ends when it is told to. */
class Work {
  readonly began: string[] = [];
  readonly #ends: (() => void)[] = [];
  #watchers: (() => void)[] = [];

  readonly named = (name: string) => () => {
    this.began.push(name);
    for (const watcher of this.#watchers.splice(0)) watcher();
    return new Promise<string>((resolve) => this.#ends.push(() => resolve(name)));
  };

  /** Ends what began first. */
  end(): void {
    this.#ends.shift()?.();
  }

  /** Until so many have begun. */
  async begun(count: number): Promise<readonly string[]> {
    while (this.began.length < count) await new Promise<void>((resolve) => this.#watchers.push(resolve));
    return this.began;
  }
}

const queue = (options = {}) =>
  new FairQueue({ what: "work", atOnce: 1, most: 10, patience: 60_000, ...options });

test("so many run at once, and of the rest one of each network in turn", async () => {
  const line = queue({ atOnce: 2 });
  const work = new Work();
  const runs = ["a1", "a2", "a3", "a4", "b1", "b2", "c1"].map((name) =>
    line.run(name.slice(0, 1), work.named(name)),
  );
  assert.deepEqual([line.running, line.waiting], [2, 5]);
  for (let count = 3; count <= 7; count++) {
    work.end();
    await work.begun(count);
  }
  assert.deepEqual(work.began, ["a1", "a2", "a3", "b1", "c1", "a4", "b2"]);
  work.end();
  work.end();
  assert.deepEqual(await Promise.all(runs), ["a1", "a2", "a3", "a4", "b1", "b2", "c1"]);
  await new Promise(setImmediate);
  assert.deepEqual([line.running, line.waiting], [0, 0]);
});

test("at the bound the network with most loses its newest, and others find a place", async () => {
  const line = queue({ most: 3 });
  const work = new Work();
  const outcomes: string[] = [];
  const run = (name: string) =>
    line.run(name.slice(0, 1), work.named(name)).then(
      () => outcomes.push(`${name} done`),
      (error) => outcomes.push(`${name} ${(error as Denied).kind}`),
    );
  const runs = ["a1", "a2", "a3", "a4"].map(run);
  runs.push(run("a5"), run("b1"));
  for (let count = 1; count <= 4; count++) {
    await work.begun(count);
    work.end();
  }
  await Promise.all(runs);
  assert.deepEqual(work.began, ["a1", "a2", "b1", "a3"]);
  assert.deepEqual(outcomes.slice(0, 2), ["a5 unavailable", "a4 unavailable"]);
  assert.equal(line.overflows, 2);
});

test("who waits for too long is refused, and holds no place", async () => {
  const line = queue({ patience: 20 });
  const work = new Work();
  const first = line.run("a", work.named("first"));
  // The queue's own clock keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  await assert.rejects(line.run("b", work.named("late")), (error) => {
    return error instanceof Denied && error.kind === "unavailable" && /no turn came/.test(error.message);
  });
  clearInterval(alive);
  work.end();
  await first;
  await new Promise(setImmediate);
  assert.deepEqual([line.running, line.waiting, line.timeouts], [0, 0, 1]);
  const next = line.run("b", work.named("next"));
  work.end();
  assert.equal(await next, "next");
  assert.deepEqual(work.began, ["first", "next"]);
});

test("work that fails gives its place to the next", async () => {
  const line = queue();
  const work = new Work();
  const failing = line.run("a", () => Promise.reject(new Error("broken")));
  const next = line.run("b", work.named("next"));
  await assert.rejects(failing, /broken/);
  await work.begun(1);
  work.end();
  assert.equal(await next, "next");
});
