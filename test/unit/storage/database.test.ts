import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Damage } from "../../../src/storage/level/damage.js";
import { Database } from "../../../src/storage/level/database.js";
import { versionKey } from "../../../src/storage/level/format/keys.js";

async function opened(t: TestContext): Promise<Database> {
  const directory = await mkdtemp(join(tmpdir(), "causeway-database-"));
  const database = new Database(directory);
  await database.open(new Damage(directory, undefined), undefined);
  t.after(async () => {
    await database.close();
    await rm(directory, { recursive: true, force: true });
  });
  return database;
}

test("who reads while the database is opened anew waits until it is", async (t) => {
  const database = await opened(t);
  const reopened = database.reopen();
  const level = await database.whenOpen();
  assert.equal((await level.get(versionKey))?.toString(), "2");
  await reopened;
  assert.equal(database.whenOpen(), database.level);
});

test("who waits for that is told when the store is closed instead", async (t) => {
  const database = await opened(t);
  const reopened = database.reopen();
  const waiting = Promise.resolve(database.whenOpen());
  const closed = database.close();
  await assert.rejects(waiting, /the store is closed/);
  await Promise.allSettled([reopened, closed]);
});
