import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Durability } from "../../../src/storage/level/durability.js";
import type { Operation } from "../../../src/storage/level/operation.js";
import { Writer } from "../../../src/storage/level/writer.js";
import { StoreError } from "../../../src/storage/store.js";

interface Step {
  readonly what: "write" | "probe" | "reopen";
  readonly keys: string[];
  readonly sync: boolean;
  end(error?: Error): void;
}

/** A writer over a disk whose every step ends when the test says so. */
class Disk {
  readonly writer: Writer;
  readonly steps: Step[] = [];
  readonly told: string[] = [];
  readonly recoveredAfter: number[] = [];
  #gathered: Operation[] = [];
  #changed: () => void = () => undefined;

  constructor(durability: Durability = "always", interval = 100) {
    this.writer = new Writer({
      gather: () => {
        const operations = this.#gathered;
        this.#gathered = [];
        return { operations, bytes: operations.length * 2, changes: operations.length };
      },
      write: (operations, { sync }) => this.#step("write", sync, operations),
      probe: () => this.#step("probe"),
      reopen: () => this.#step("reopen"),
      written: () => this.told.push("written"),
      durability,
      interval,
      onFault: (error) => this.told.push(`fault: ${(error as Error).message}`),
      onRecovered: (ms) => {
        this.told.push("recovered");
        this.recoveredAfter.push(ms);
      },
    });
  }

  add(...keys: string[]): void {
    for (const key of keys)
      this.#gathered.push({ type: "put", key: Buffer.from(key), value: Buffer.from("x") });
    this.writer.touch();
  }

  addAndFlush(...keys: string[]): Promise<void> {
    this.add(...keys);
    return this.writer.flush();
  }

  /** The step with this number, once it has begun. */
  async step(number: number): Promise<Step> {
    for (;;) {
      const step = this.steps[number];
      if (step) return step;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** Ends steps as they begin, from `from` on, each with the error of its place in the list. */
  async play(from: number, ...errors: (Error | undefined)[]): Promise<void> {
    for (const [place, error] of errors.entries()) (await this.step(from + place)).end(error);
  }

  get story(): string[] {
    return this.steps.map(({ what, keys, sync }) => [what, ...keys, ...(sync ? ["sync"] : [])].join(" "));
  }

  #step(what: Step["what"], sync = false, operations: Operation[] = []): Promise<void> {
    const keys = operations.map(({ key }) => key.toString());
    return new Promise((resolve, reject) => {
      this.steps.push({ what, keys, sync, end: (error) => (error ? reject(error) : resolve()) });
      this.#changed();
    });
  }
}

const FULL = new Error("no space");

/** Pauses pass when the test says so. */
function stopTime(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  return async (ms: number) => {
    await turn(); // so that what waits has set its timer
    t.mock.timers.tick(ms);
    await turn();
  };
}

async function isPending(promise: Promise<void>): Promise<boolean> {
  const pending = Symbol();
  return (await Promise.race([promise, turn(pending)])) === pending;
}

test("what comes while a write is under way goes out together, in order, in the next one", async () => {
  const disk = new Disk();
  const first = disk.addAndFlush("a");
  disk.add("b");
  assert.equal(disk.writer.flush(), first);
  const one = await disk.step(0);
  assert.equal(disk.writer.flush(), first, "with nothing gathered, it is the write under way");
  const second = disk.addAndFlush("c");
  assert.notEqual(second, first);
  disk.add("d");
  assert.equal(disk.writer.flush(), second);
  assert.deepEqual([disk.writer.underWay.changes, disk.writer.underWay.bytes], [2, 4]);
  one.end();
  await first;
  assert.ok(await isPending(second));
  await disk.play(1, undefined);
  await second;
  assert.deepEqual(disk.story, ["write a b sync", "write c d sync"]);
  assert.deepEqual(disk.writer.stats(), { writes: 2, rows: 4, bytes: 8, failures: 0 });
  assert.deepEqual([disk.writer.underWay.changes, disk.writer.failingSince], [0, undefined]);
});

test("with nothing gathered and nothing under way there is nothing to wait for", async () => {
  const disk = new Disk();
  await disk.writer.flush();
  disk.writer.touch();
  await disk.writer.flush();
  assert.deepEqual(disk.story, []);
  assert.deepEqual(disk.told, ["written"]);
});

test("those who wait continue in order, after `written`, and what they ask for is in the next group", async () => {
  const disk = new Disk();
  const order: string[] = [];
  for (const name of ["first", "second"])
    void disk.addAndFlush(name).then(async () => {
      order.push(...disk.told, name);
      await undefined;
      disk.add(`after ${name}`);
    });
  const one = await disk.step(0);
  disk.add("meanwhile");
  one.end();
  await disk.step(1);
  assert.deepEqual(order, ["written", "first", "written", "second"]);
  assert.deepEqual(disk.story, ["write first second sync", "write meanwhile after first after second"]);
});

test("only a group that somebody waits for is synced, and only when durability is always", async () => {
  for (const durability of ["always", "interval", "os"] as const) {
    const disk = new Disk(durability, 60_000);
    disk.add("a");
    await disk.play(0, undefined);
    await turn();
    const waited = disk.addAndFlush("b");
    await disk.play(1, undefined);
    await waited;
    assert.deepEqual(disk.story, ["write a", durability === "always" ? "write b sync" : "write b"]);
  }
});

test("with the durability interval, a sync follows unsynced writes once per interval", async (t) => {
  const pass = stopTime(t);
  const disk = new Disk("interval", 100);
  for (const [number, key] of ["a", "b"].entries()) {
    disk.add(key);
    await disk.play(number, undefined);
    await pass(60);
  }
  await disk.play(2, undefined);
  assert.deepEqual(disk.story, ["write a", "write b", "write sync"]);
  await pass(1_000);
  assert.equal(disk.steps.length, 3, "nothing is written any more that has to be synced");
  disk.add("c");
  await disk.play(3, undefined);
  await turn();
  disk.add("d");
  t.mock.timers.tick(100);
  await disk.play(4, undefined);
  await pass(1_000);
  assert.deepEqual(disk.story.slice(3), ["write c", "write d sync"], "rows that are there go with it");
});

test("with the durability os, there is no sync before the end", async (t) => {
  const pass = stopTime(t);
  const disk = new Disk("os", 100);
  disk.add("a");
  await disk.play(0, undefined);
  await pass(100_000);
  const closed = disk.writer.close();
  await disk.play(1, undefined);
  await closed;
  assert.deepEqual(disk.story, ["write a", "write sync"]);
});

test("close writes and syncs what is gathered in every mode, and writes nothing when there is nothing", async () => {
  for (const durability of ["always", "interval", "os"] as const) {
    const disk = new Disk(durability, 60_000);
    disk.add("a");
    const one = await disk.step(0);
    disk.add("b");
    const closed = disk.writer.close();
    assert.equal(disk.writer.close(), closed);
    one.end();
    await disk.play(1, undefined);
    await closed;
    assert.deepEqual(disk.story, ["write a", "write b sync"]);
    await assert.rejects(disk.writer.flush(), StoreError);
    disk.add("late");
    await turn();
    assert.equal(disk.steps.length, 2);
  }
  const idle = new Disk();
  await idle.writer.close();
  assert.deepEqual(idle.story, []);
});

test("a failed group is kept and written again, after the database was opened anew; nobody is rejected", async (t) => {
  const pass = stopTime(t);
  const disk = new Disk("os");
  const before = Date.now();
  const kept = disk.addAndFlush("a", "b");
  await disk.play(0, FULL);
  await turn();
  assert.equal(disk.writer.underWay.changes, 2, "it is kept to be tried again");
  assert.ok((disk.writer.failingSince ?? 0) >= before);
  const later = disk.addAndFlush("c");
  assert.notEqual(later, kept);
  await pass(500);
  await disk.play(1, undefined, undefined, FULL);
  await pass(1_000);
  await disk.play(4, undefined, FULL);
  await pass(2_000);
  await disk.play(6, FULL);
  assert.ok(await isPending(kept));
  assert.deepEqual(disk.told, ["fault: no space"]);
  await pass(4_000);
  await disk.play(7, undefined, undefined, undefined);
  await kept;
  assert.deepEqual(disk.told, ["fault: no space", "recovered", "written"]);
  assert.deepEqual(disk.writer.failingSince, undefined);
  await disk.play(10, undefined);
  await later;
  assert.deepEqual(disk.story, [
    "write a b",
    ...["probe", "reopen", "write a b sync"],
    ...["probe", "reopen"],
    "probe",
    ...["probe", "reopen", "write a b sync"],
    "write c",
  ]);
  assert.deepEqual([disk.writer.stats().failures, disk.writer.stats().writes], [2, 2]);
  assert.equal(disk.recoveredAfter.length, 1);
});

test("pauses between attempts grow from half a second to five", async (t) => {
  const pass = stopTime(t);
  const disk = new Disk();
  disk.add("a");
  await disk.play(0, FULL);
  for (const [place, ms] of [500, 1_000, 2_000, 4_000, 5_000, 5_000].entries()) {
    await pass(ms - 1);
    assert.equal(disk.steps.length, place + 1, `not before ${ms} ms`);
    await pass(1);
    await disk.play(place + 1, FULL);
  }
});

test("a second fault is told of anew, and its pauses begin anew", async (t) => {
  const pass = stopTime(t);
  const disk = new Disk();
  for (const from of [0, 4]) {
    const kept = disk.addAndFlush("a");
    await disk.play(from, FULL);
    await pass(500);
    await disk.play(from + 1, undefined, undefined, undefined);
    await kept;
  }
  assert.deepEqual(disk.told, [
    ...["fault: no space", "recovered", "written"],
    ...["fault: no space", "recovered", "written"],
  ]);
});

test("closed while it fails, it tries once more at once, and succeeds when it can", async () => {
  const disk = new Disk();
  const kept = disk.addAndFlush("a");
  await disk.play(0, FULL);
  const later = disk.addAndFlush("b");
  await turn();
  const closed = disk.writer.close();
  await disk.play(1, undefined, undefined, undefined, undefined);
  await Promise.all([kept, later, closed]);
  assert.deepEqual(disk.story, ["write a sync", "probe", "reopen", "write a sync", "write b sync"]);
});

test("closed while it fails, it says how many rows were not written", async () => {
  const disk = new Disk();
  const kept = disk.addAndFlush("a", "b");
  await disk.play(0, FULL);
  const later = disk.addAndFlush("c");
  await turn();
  const closed = disk.writer.close();
  await disk.play(1, FULL);
  for (const promise of [closed, kept, later])
    await assert.rejects(promise, (error) => {
      assert.ok(error instanceof StoreError);
      assert.match(error.message, /3 rows that could not be written: no space/);
      return true;
    });
  assert.ok(!disk.told.includes("written"));
});

test("an attempt that fails while the store is being closed is followed by one more", async (t) => {
  const pass = stopTime(t);
  const disk = new Disk();
  const kept = disk.addAndFlush("a");
  await disk.play(0, FULL);
  await pass(500);
  const probe = await disk.step(1);
  const closed = disk.writer.close();
  probe.end(FULL);
  await disk.play(2, undefined, undefined, undefined);
  await Promise.all([kept, closed]);
});

test("a write that fails only when the store is being closed is tried once more", async () => {
  const disk = new Disk();
  disk.add("a");
  const closed = disk.writer.close();
  await disk.play(0, FULL, FULL);
  await assert.rejects(closed, /1 row that could not be written/);
  assert.deepEqual(disk.story, ["write a sync", "probe"]);
});

test("a disk that gives no answer holds the end up for two seconds", async (t) => {
  const pass = stopTime(t);
  const disk = new Disk();
  const kept = disk.addAndFlush("a");
  await disk.play(0, FULL);
  await pass(500);
  await disk.step(1);
  const closed = assert.rejects(disk.writer.close(), /no answer within 2000 ms/);
  await pass(1_999);
  assert.ok(await isPending(kept));
  await pass(1);
  await closed;
  await assert.rejects(kept, StoreError);
});

test("how long a group was waited for is counted from the first who waits", async (t) => {
  const disk = new Disk("os");
  let now = 0;
  t.mock.method(performance, "now", () => now);
  for (const [number, ms] of [0.25, 3, 300, 7_000].entries()) {
    disk.add("a");
    now += 10;
    const waited = disk.writer.flush();
    now += ms / 2;
    disk.writer.flush();
    const step = await disk.step(number);
    now += ms / 2;
    step.end();
    await waited;
  }
  disk.add("nobody waits");
  await disk.play(4, undefined);
  await turn();
  const { bounds, counts, sum, count } = disk.writer.waits();
  assert.equal(count, 4);
  assert.ok(Math.abs(sum - 7_303.25) < 0.001);
  const upTo = (ms: number) => counts[bounds.indexOf(ms)];
  assert.deepEqual([0.25, 2, 5, 200, 500, 5_000].map(upTo), [1, 1, 2, 2, 3, 3]);
  assert.deepEqual([counts.length, counts.at(-1)], [bounds.length + 1, 4]);
});
