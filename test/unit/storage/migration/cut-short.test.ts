import assert from "node:assert/strict";
import { test } from "node:test";
import { migrate } from "../../../../src/storage/level/migration.js";
import { large } from "./contents.js";
import { check, type Database, prepare } from "./ground.js";
import { readNew } from "./new-database.js";
import { clientRows, rowsOf } from "./old-database.js";

class Cut extends Error {}

/**
 * Makes the write number `last` fail, before or after it is done, and all later ones. A row range that is being cleared is left
 * half cleared.
 */
function cutAfter(level: Database, last: number, done: boolean): { writes: number } {
  const count = { writes: 0 };
  const limited = <A extends unknown[]>(work: (...args: A) => Promise<void>) =>
    async function limitedWork(...args: A): Promise<void> {
      if (++count.writes > last) throw new Cut();
      if (count.writes < last || done) await work(...args);
      if (count.writes === last) throw new Cut();
    };
  const whole = level as Database & Record<"compactRange", (start: Buffer, end: Buffer) => Promise<void>>;
  const clear = level.clear.bind(level);
  const half = (range: object) => clear(count.writes === last ? { ...range, limit: 700 } : range);
  Object.assign(level, {
    batch: limited(level.batch.bind(level) as (...args: unknown[]) => Promise<void>),
    put: limited(level.put.bind(level) as (...args: unknown[]) => Promise<void>),
    clear: limited(half),
    compactRange: limited(whole.compactRange.bind(level)),
  });
  return count;
}

test("cut short at any write, it is completed by the next call", async (t) => {
  let cuts = 0;
  for (const done of [false, true])
    for (let last = 1; ; last++) {
      const { level, open } = await prepare(t, rowsOf(large));
      const from = Date.now();
      const count = cutAfter(level, last, done);
      const error = await migrate(level).then(
        () => undefined,
        (error: unknown) => error,
      );
      await level.close();
      if (!error) break;
      assert.ok(error instanceof Cut, String(error));
      assert.equal(count.writes, last);
      cuts++;
      const again = await open();
      await migrate(again);
      await check(again, large, from);
      await again.close();
    }
  assert.ok(cuts > 16, `${cuts} cuts`);
});

test("cut short twice: while it writes, then while it removes what it had written", async (t) => {
  const { level, open } = await prepare(t, rowsOf(large));
  const from = Date.now();
  cutAfter(level, 3, true);
  await assert.rejects(migrate(level), Cut);
  await level.close();
  const second = await open();
  cutAfter(second, 1, true);
  await assert.rejects(migrate(second), Cut);
  await second.close();
  const third = await open();
  await migrate(third);
  await check(third, large, from);
});

test("what was removed from the old rows after a migration was cut short does not come back", async (t) => {
  const { level, open } = await prepare(t, rowsOf(large));
  const from = Date.now();
  cutAfter(level, 5, true);
  await assert.rejects(migrate(level), Cut);
  await level.close();
  const again = await open();
  const [gone, ...clients] = large.clients;
  assert.ok(gone && (await readNew(again)).clients.has(gone.id));
  for (const [key] of clientRows(gone)) await again.del(key);
  await migrate(again);
  await check(again, { ...large, clients }, from);
});
