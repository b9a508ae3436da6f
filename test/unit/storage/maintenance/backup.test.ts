import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { backup } from "../../../../src/storage/level/backup.js";
import type { Row } from "../../../../src/storage/level/format/row.js";
import { topicOf } from "../../../../src/storage/level/retained/topic-key.js";
import { mountMemory, whyNoMounts } from "../../../faults/support/mount.js";
import { temporaryDirectory } from "../../../helpers/temporary-directory.js";
import * as fixture from "./fixture.js";
import { message, retained, version } from "./fixture.js";

const noMounts = await whyNoMounts();
const memory = noMounts === undefined ? {} : { skip: noMounts };

const many = (payload: string): Row[] => [
  version,
  ...Array.from({ length: 5_000 }, (_, i) => retained(message(`a/${i}`, payload))),
];

async function opened(t: TestContext, rows: readonly Row[]) {
  const home = await temporaryDirectory(t, "store");
  await fixture.write(join(home, "data"), rows);
  const level = await fixture.open(join(home, "data"));
  t.after(() => level.close());
  return { home, level, target: join(home, "backup") };
}

test("the copy of an open database has every row, and is for its owner alone", async (t) => {
  const rows = fixture.everything();
  const { home, level, target } = await opened(t, rows);
  const copied = await backup(level, target);
  assert.equal(copied.rows, rows.length);
  assert.equal(
    copied.bytes,
    rows.reduce((sum, { key, value }) => sum + key.length + value.length, 0),
  );
  assert.equal((await stat(target)).mode & 0o077, 0);
  assert.deepEqual(await fixture.rowsIn(target), await level.iterator().all().then(asRows));
  assert.deepEqual((await readdir(home)).sort(), ["backup", "data"]);
});

test("it is the copy of one moment, whatever is written meanwhile", async (t) => {
  const before = many("before");
  const { level, target } = await opened(t, before);
  const writes: Promise<void>[] = [];
  await backup(level, target, () => {
    if (writes.length > 0) return;
    writes.push(level.batch(many("after").map((row) => ({ type: "put" as const, ...row }))));
    writes.push(level.put(...pair(retained(message("a/new")))));
  });
  await Promise.all(writes);
  assert.equal(writes.length, 2);
  assert.deepEqual(
    (await fixture.rowsIn(target)).map(({ value }) => value.toString("hex")).sort(),
    before.map(({ value }) => value.toString("hex")).sort(),
  );
});

test("it goes into an empty directory, not where something is", async (t) => {
  const { home, level, target } = await opened(t, [version]);
  await mkdir(target);
  assert.equal((await backup(level, target)).rows, 1);
  await assert.rejects(backup(level, target), /backup is not empty: name a directory/);
  await writeFile(join(home, "file"), "");
  await assert.rejects(backup(level, join(home, "file")), /file is a file: name a directory/);
});

test("when it fails, nothing is left of it, and the error says why", async (t) => {
  const { home, level, target } = await opened(t, many("x"));
  const fail = ({ rows }: { rows: number }) => {
    if (rows >= 2_000) throw new Error("enough");
  };
  await assert.rejects(
    backup(level, target, fail),
    /the backup to .*backup failed.*nothing was left of it: enough/,
  );
  assert.deepEqual(await readdir(home), ["data"]);
});

test("when the disk is full, nothing is left of it, and the store is as it was", memory, async (t) => {
  const random = Array.from({ length: 3_000 }, (_, i) => retained(message(`a/${i}`, randomBytes(1_000))));
  const { level } = await opened(t, [version, ...random]);
  const disk = await mountMemory(t, 2);
  await assert.rejects(backup(level, join(disk, "backup")), /backup failed.*(no space left on device)/i);
  assert.deepEqual(await readdir(disk), []);
  assert.equal((await level.keys().all()).length, random.length + 1);
});

test("what a killed backup has left is replaced; what is something else is not", async (t) => {
  const { level, target } = await opened(t, [version]);
  await fixture.write(`${target}.partial`, many("stale"));
  assert.equal((await backup(level, target)).rows, 1);
  assert.deepEqual(
    (await fixture.rowsIn(target)).map(({ key }) => topicOf(key)),
    [""],
  );
  await mkdir(`${target}2.partial`);
  await writeFile(join(`${target}2.partial`, "letter"), "");
  await assert.rejects(backup(level, `${target}2`), /backup2.partial is in the way/);
});

test("another backup to the same place is not disturbed", async (t) => {
  const { level, target } = await opened(t, many("x"));
  let second: Promise<unknown> | undefined;
  const first = await backup(level, target, () => {
    second ??= assert.rejects(backup(level, target), /backup.partial is being written/);
  });
  await second;
  assert.equal((await fixture.rowsIn(target)).length, first.rows);
});

function asRows(rows: [Buffer, Buffer][]): Row[] {
  return rows.map(([key, value]) => ({ key, value }));
}

function pair({ key, value }: Row): [Buffer, Buffer] {
  return [key, value];
}
