import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import type { Row } from "../../../../src/storage/level/format/row.js";
import { isIntact } from "../../../../src/storage/level/format/row.js";
import { readableEntries } from "../../../../src/storage/level/maintenance/tables.js";
import { Table } from "../../../../src/storage/level/table/table.js";
import type { Entry } from "../../../../src/storage/level/table/table-block.js";
import { buildTable } from "../../../../src/storage/level/table/table-builder.js";
import { temporaryDirectory } from "../../../helpers/temporary-directory.js";
import * as fixture from "./fixture.js";
import { message, retained, version } from "./fixture.js";

/** Rows that compress not at all, well, and by copies from far away. */
function rows(): Row[] {
  const far = randomBytes(1_500);
  const payloads = [
    randomBytes(200_000),
    Buffer.alloc(300_000, "abc"),
    Buffer.concat([far, randomBytes(60_000), far, far]),
    Buffer.alloc(0),
    ...Array.from({ length: 300 }, (_, i) => Buffer.from(`${i} `.repeat(i))),
    ...Array.from({ length: 300 }, (_, i) => Buffer.concat([far.subarray(i), far.subarray(0, i)])),
  ];
  return [version, ...payloads.map((payload, i) => retained(message(`t/${i}`, payload)))].toSorted((a, b) =>
    a.key.compare(b.key),
  );
}

function rowsOf(entries: readonly Entry[]): Row[] {
  return entries.map(({ key, value }) => ({ key: key.subarray(0, -8), value: Buffer.from(value) }));
}

test("a table of LevelDB is read, compressed or not, and one made of its entries has the same", async (t) => {
  const directory = await temporaryDirectory(t, "store");
  await fixture.write(directory, rows());
  const written = await fixture.rowsIn(directory);
  await fixture.intoTables(directory);
  const [path, ...more] = await fixture.filesOf(directory, ".ldb");
  assert.ok(path && more.length === 0);
  const table = new Table(await readFile(path));
  assert.equal(table.damage, undefined);
  const entries = readableEntries(table);
  assert.deepEqual(rowsOf(entries), written);
  const built = buildTable(entries);
  assert.equal(new Table(built).damage, undefined);
  assert.deepEqual(readableEntries(new Table(built)), entries);
});

test("a table without its index is read up to where its rows end", () => {
  const entries = rows()
    .slice(5)
    .map(({ key, value }) => ({ key: Buffer.concat([key, Buffer.from("0100000000000000", "hex")]), value }));
  const file = buildTable(entries.filter(({ value }) => value.length < 10_000));
  file.fill(0, file.length - 48);
  const table = new Table(file);
  assert.equal(table.damage?.blocks, undefined);
  const found = readableEntries(table);
  assert.equal(found.length, entries.filter(({ value }) => value.length < 10_000).length);
  assert.ok(rowsOf(found).every(({ key, value }) => key.equals(version.key) || isIntact(key, value)));
});

test("anything may stand in a file that should be a table", async (t) => {
  const directory = await temporaryDirectory(t, "store");
  await fixture.write(directory, fixture.everything());
  await fixture.intoTables(directory);
  const [path] = await fixture.filesOf(directory, ".ldb");
  assert.ok(path);
  const sound = await readFile(path);
  for (let length = 0; length < sound.length; length += 1_499) {
    const table = new Table(sound.subarray(0, length));
    assert.ok(table.damage);
    readableEntries(table);
  }
  for (let place = 0; place < 1; place += 0.04) {
    await writeFile(path, sound);
    await fixture.flip(path, place, 60);
    readableEntries(new Table(await readFile(path)));
  }
  assert.ok(new Table(randomBytes(5_000)).damage);
});
