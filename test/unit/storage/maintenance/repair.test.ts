import assert from "node:assert/strict";
import { readdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { entriesOf } from "../../../../src/storage/level/format/page.js";
import type { Row } from "../../../../src/storage/level/format/row.js";
import { check } from "../../../../src/storage/level/maintenance/check.js";
import { readContent } from "../../../../src/storage/level/maintenance/content.js";
import type { Fault } from "../../../../src/storage/level/maintenance/fault.js";
import { repair } from "../../../../src/storage/level/maintenance/repair.js";
import { temporaryDirectory } from "../../../helpers/temporary-directory.js";
import * as fixture from "./fixture.js";
import { block, damaged, message, page, retained, session, subscription, version } from "./fixture.js";

async function storeOf(t: TestContext, rows: readonly Row[]): Promise<string> {
  const directory = join(await temporaryDirectory(t, "store"), "data");
  await fixture.write(directory, rows);
  return directory;
}

/** Repairs what is damaged, and is satisfied only when nothing is left of the damage. */
async function repaired(directory: string) {
  const faults: Fault[] = [];
  const result = await repair(directory, {
    onFault: (fault) => void faults.push(fault),
    confirm: async () => true,
  });
  assert.ok(result);
  const left: Fault[] = [];
  await check(directory, { onFault: (fault) => void left.push(fault) });
  assert.deepEqual(left, []);
  return { ...result, told: faults };
}

async function removedRows(
  file: string,
): Promise<{ kind: string; clientId?: string; topic?: string; row: Row }[]> {
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  return lines.map((line) => {
    const { kind, clientId, topic, key, value } = JSON.parse(line);
    const row = { key: Buffer.from(key, "base64"), value: Buffer.from(value, "base64") };
    return { kind, ...(clientId === undefined ? {} : { clientId }), ...(topic ? { topic } : {}), row };
  });
}

test("a sound store is not changed, and nobody is asked", async (t) => {
  const directory = await storeOf(t, fixture.everything());
  const before = await fixture.rowsIn(directory);
  const confirm = () => assert.fail("asked");
  assert.deepEqual(await repair(directory, { onFault: () => assert.fail("a fault"), confirm }), {
    faults: 0,
  });
  assert.deepEqual(await fixture.rowsIn(directory), before);
});

test("nothing is changed unless it is confirmed", async (t) => {
  const directory = await storeOf(t, [version, session("dev1"), damaged(retained(message("a")))]);
  const before = await fixture.rowsIn(directory);
  const told: Fault[] = [];
  const result = await repair(directory, {
    onFault: (fault) => void told.push(fault),
    confirm: async (faults) => faults !== 1,
  });
  assert.equal(result, undefined);
  assert.equal(told.length, 1);
  assert.deepEqual(await fixture.rowsIn(directory), before);
  assert.deepEqual(await readdir(dirname(directory)), ["data"]);
});

test("damaged rows go, and are kept beside the directory; the others stay", async (t) => {
  const sound = fixture.everything();
  const bad = [damaged(retained(message("bad/topic"))), damaged(subscription("dev1", "bad/#"))];
  const unknown = { key: Buffer.from([0x7f]), value: Buffer.from("?") };
  const directory = await storeOf(t, [...sound, ...bad, unknown]);
  const { faults, removed, kept, told } = await repaired(directory);
  assert.deepEqual([faults, removed?.rows, kept, told.length], [3, 3, undefined, 3]);
  assert.equal(dirname(removed?.file ?? ""), dirname(directory));
  const rows = await removedRows(removed?.file ?? "");
  assert.deepEqual(
    rows.map(({ kind, clientId, topic }) => [kind, clientId, topic]),
    [
      ["subscription", "dev1", "bad/#"],
      ["retained", undefined, "bad/topic"],
      ["unknown", undefined, undefined],
    ],
  );
  assert.deepEqual(
    rows.map(({ row }) => row),
    [bad[1], bad[0], unknown],
  );
  assert.deepEqual(sorted(await fixture.rowsIn(directory)), sorted(sound));
});

test("of a page only the messages go whose block is missing", async (t) => {
  const lost = block(1, [message("lost")]);
  const there = block(2, [message("there")]);
  const [gone] = lost.references;
  const [shared] = there.references;
  assert.ok(gone && shared);
  const directory = await storeOf(t, [
    version,
    session("dev1"),
    page("dev1", 10, [gone, message("own", "1"), shared, gone, gone, message("own", "2"), gone]),
    session("dev2"),
    page("dev2", 1, [gone]),
    there.row,
  ]);
  const { told } = await repaired(directory);
  assert.deepEqual(
    told.map(({ clientId, loss }) => [clientId, loss.slice(0, 1)]),
    [
      ["dev1", "4"],
      ["dev2", "1"],
    ],
  );
  const pages = (await fixture.rowsIn(directory)).filter(({ key }) => key[0] === 0x42);
  const left = pages.map((row) => {
    const content = readContent(row);
    assert.ok(content.kind === "page");
    const blocks = [...entriesOf(row.value)].map(({ reference }) => reference?.block);
    return [content.clientId, content.first, blocks];
  });
  assert.deepEqual(left, [
    ["dev1", 11, [undefined, 2]],
    ["dev1", 15, [undefined]],
  ]);
});

test("a damaged block goes with the messages in it", async (t) => {
  const { row, references } = block(1, [message("a"), message("b")]);
  const directory = await storeOf(t, [version, session("dev1"), page("dev1", 1, references), damaged(row)]);
  const { removed } = await repaired(directory);
  assert.equal(removed?.rows, 2);
  assert.deepEqual(sorted(await fixture.rowsIn(directory)), sorted([version, session("dev1")]));
});

test("a session that was lost is made again, so that its queue is not", async (t) => {
  const rows = [subscription("dev1", "a"), page("dev1", 1, [message("a")])];
  const directory = await storeOf(t, [
    version,
    damaged(session("dev1")),
    ...rows,
    page("dev10", 1, [message("b")]),
  ]);
  const start = Date.now();
  await repaired(directory);
  const contents = (await fixture.rowsIn(directory)).slice(1).map(readContent);
  const sessions = contents.filter((content) => content.kind === "session");
  assert.deepEqual(
    sessions.map(({ clientId }) => clientId),
    ["dev1", "dev10"],
  );
  assert.ok(sessions.every(({ awaySince = 0 }) => awaySince >= start));
  assert.equal(contents.filter(({ kind }) => kind === "page").length, 2);
});

test("a version that was lost is written again", async (t) => {
  const directory = await storeOf(t, [session("dev1")]);
  await repaired(directory);
  assert.deepEqual((await fixture.rowsIn(directory))[0], version);
});

test("a database without its CURRENT or its MANIFEST is put together from its tables and logs", async (t) => {
  for (const missing of ["CURRENT", "MANIFEST"]) {
    const directory = await storeOf(t, fixture.everything());
    await fixture.intoTables(directory);
    for (const name of await readdir(directory))
      if (name.startsWith(missing)) await rm(join(directory, name));
    const { faults } = await repaired(directory);
    assert.equal(faults, 1);
    assert.deepEqual(sorted(await fixture.rowsIn(directory)), sorted(fixture.everything()), missing);
  }
});

test("a missing table costs what stood in it", async (t) => {
  const directory = await storeOf(t, [version, session("dev1")]);
  await fixture.intoTables(directory);
  await fixture.write(directory, [retained(message("a"))]);
  await fixture.intoTables(directory);
  const [first] = await fixture.filesOf(directory, ".ldb");
  assert.ok(first);
  await rm(first);
  await repaired(directory);
  assert.deepEqual(sorted(await fixture.rowsIn(directory)), sorted([version, retained(message("a"))]));
});

test("a table with flipped bytes: what can be read of it stays, the damaged file is kept", async (t) => {
  const rows = Array.from({ length: 1_500 }, (_, i) => retained(message(`topic/${i}`, `${i}`.repeat(30))));
  const known = new Map(rows.map((row) => [row.key.toString("hex"), row.value]));
  for (const place of [0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97]) {
    const directory = await storeOf(t, [version, ...rows]);
    await fixture.intoTables(directory);
    const [table] = await fixture.filesOf(directory, ".ldb");
    assert.ok(table);
    await fixture.flip(table, place, 3);
    const damagedTable = await readFile(table);
    const { faults, kept } = await repaired(directory);
    assert.ok(faults > 0 && kept, `nothing was noticed at ${place}`);
    assert.deepEqual(await readFile(join(kept, basename(table))), damagedTable);
    const left = (await fixture.rowsIn(directory)).slice(1);
    for (const { key, value } of left) assert.deepEqual(value, known.get(key.toString("hex")));
    assert.ok(left.length > 1_300, `${left.length} rows are left at ${place}`);
  }
});

test("where the index of a table is damaged, its rows are found without it", async (t) => {
  const rows = fixture.everything();
  const directory = await storeOf(t, rows);
  await fixture.intoTables(directory);
  const [table] = await fixture.filesOf(directory, ".ldb");
  assert.ok(table);
  await fixture.flip(table, 1, 8);
  await repaired(directory);
  assert.deepEqual(sorted(await fixture.rowsIn(directory)), sorted(rows));
});

test("what was removed does not come back with a damaged table", async (t) => {
  const rows = Array.from({ length: 500 }, (_, i) => retained(message(`topic/${i}`, "x".repeat(i))));
  const directory = await storeOf(t, [version, ...rows]);
  await fixture.intoTables(directory);
  const level = await fixture.open(directory);
  for (const { key } of rows) await level.del(key);
  await level.put(...pair(retained(message("topic/1", "new"))));
  await level.close();
  await fixture.intoTables(directory);
  for (const table of await fixture.filesOf(directory, ".ldb")) await fixture.flip(table, 1, 8);
  await repaired(directory);
  assert.deepEqual(sorted(await fixture.rowsIn(directory)), [version, retained(message("topic/1", "new"))]);
});

test("a directory in use is refused, also when nobody is asked", async (t) => {
  const directory = await storeOf(t, fixture.everything());
  const level = await fixture.open(directory);
  t.after(() => level.close());
  const options = { onFault: () => undefined, confirm: async () => true };
  await assert.rejects(repair(directory, options), /is in use by another process/);
});

function sorted(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => a.key.compare(b.key));
}

function pair({ key, value }: Row): [Buffer, Buffer] {
  return [key, value];
}
