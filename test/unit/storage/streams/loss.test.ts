import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { streamKey } from "../../../../src/storage/level/format/keys.js";
import { LevelStore } from "../../../../src/storage/level/level-store.js";
import { check } from "../../../../src/storage/level/maintenance/check.js";
import { exportStore } from "../../../../src/storage/level/maintenance/export.js";
import { importStore } from "../../../../src/storage/level/maintenance/import.js";
import { repair } from "../../../../src/storage/level/maintenance/repair.js";
import { temporaryDirectory } from "../../../helpers/temporary-directory.js";
import * as fixture from "../maintenance/fixture.js";
import { damaged, entry, lost, message, retained, version } from "../maintenance/fixture.js";

/* Whoever reads a stream must see that something is missing, wherever that was and however it was lost. */

const FIVE = [1, 2, 3, 4, 5];

async function storeOf(t: TestContext, rows: Parameters<typeof fixture.write>[1]): Promise<string> {
  const directory = join(await temporaryDirectory(t, "store"), "data");
  await fixture.write(directory, rows);
  return directory;
}

async function look(t: TestContext, directory: string, name = "s") {
  const told: object[] = [];
  const log = { info: () => undefined, warn: () => undefined, error: (line: object) => void told.push(line) };
  const store = new LevelStore({ directory, log });
  await store.open();
  t.after(() => store.close());
  const found = [];
  for await (const stream of store.streams()) if (stream.name === name) found.push(stream);
  const entries = await store.readStream(name, -1, 100);
  const { damaged } = store.stats();
  await store.close();
  return { stream: found[0], offsets: entries.map(({ offset }) => offset), damaged, told };
}

async function repaired(directory: string): Promise<void> {
  await repair(directory, { onFault: () => undefined, confirm: async () => true });
  const { faults } = await check(directory, { onFault: () => undefined });
  assert.equal(faults, 0);
}

test("a damaged entry is left out, counted and named; the stream's end stays where it was, also when it is repaired", async (t) => {
  for (const bad of FIVE) {
    const rows = FIVE.map((offset) => entry("s", offset));
    const directory = await storeOf(t, [
      version,
      ...rows.map((row, at) => (at === bad - 1 ? damaged(row) : row)),
    ]);
    const before = await look(t, directory);
    assert.deepEqual(before.stream, { name: "s", first: 1, last: 5, entries: 5 });
    assert.deepEqual(
      before.offsets,
      FIVE.filter((offset) => offset !== bad),
    );
    assert.equal(before.damaged, 1);
    assert.ok(before.told.some((line) => "stream" in line && "offset" in line && line.offset === bad));
    await repaired(directory);
    const after = await look(t, directory);
    assert.deepEqual([after.stream, after.offsets, after.damaged], [before.stream, before.offsets, 0]);
  }
});

test("a log that is damaged lets every stream end with an entry that was lost", async (t) => {
  const openers: [string, (directory: string) => Promise<unknown>][] = [
    ["the broker", async () => undefined],
    ["a check", (directory) => check(directory, { onFault: () => undefined })],
    ["a repair", repaired],
  ];
  for (const [who, open] of openers) {
    const directory = await storeOf(t, [version, entry("s", 1), entry("t", 7), lost("u", 3)]);
    const level = await fixture.open(directory);
    for (let offset = 2; offset <= 100; offset++) {
      const { key, value } = entry("s", offset, "x".repeat(1_000));
      await level.put(key, value);
    }
    await level.close();
    const [log] = await fixture.filesOf(directory, ".log");
    assert.ok(log);
    await fixture.flip(log, 0.5);
    await open(directory);
    const { stream, offsets } = await look(t, directory);
    assert.ok(stream && !offsets.includes(stream.last), `${who}: the end of the stream is lost`);
    const times = (await look(t, directory)).stream?.last;
    assert.equal(times, stream.last, `${who}: it is marked once`);
    assert.equal((await look(t, directory, "t")).stream?.last, 8, who);
    assert.equal((await look(t, directory, "u")).stream?.last, 3, `${who}: it is marked already`);
  }
});

test("when a file was replaced by what could be read of it, every stream ends with an entry that was lost", async (t) => {
  const directory = await storeOf(t, [version, ...FIVE.map((offset) => entry("s", offset))]);
  await fixture.intoTables(directory);
  await fixture.write(directory, [entry("s", 6), entry("t", 1), retained(message("a"))]);
  await fixture.intoTables(directory);
  const [, second] = await fixture.filesOf(directory, ".ldb");
  assert.ok(second);
  await rm(second);
  await repaired(directory);
  const { stream, offsets } = await look(t, directory);
  assert.deepEqual([stream?.last, offsets], [6, FIVE], "6 is known to be lost, and is not given again");
  assert.equal((await look(t, directory, "t")).stream, undefined);
});

test("in a backup and an import every stream ends with an entry that was lost: the original may have gone on", async (t) => {
  const directory = await storeOf(t, [version, entry("s", 1), entry("s", 2), entry("t", 7), lost("u", 3)]);
  const store = new LevelStore({ directory });
  await store.open();
  await store.backup(`${directory}.backup`);
  await store.close();
  const lines: Buffer[] = [];
  const write = async (text: string) => lines.push(Buffer.from(text)) > 0;
  await exportStore(directory, { write, onFault: () => assert.fail("a fault") });
  await importStore(`${directory}.import`, Readable.from(lines));
  for (const copy of ["backup", "import"]) {
    const { stream, offsets, damaged } = await look(t, `${directory}.${copy}`);
    assert.deepEqual([stream?.last, offsets, damaged], [3, [1, 2], 0], copy);
    assert.equal((await look(t, `${directory}.${copy}`, "t")).stream?.last, 8, copy);
    assert.equal(
      (await look(t, `${directory}.${copy}`, "u")).stream?.last,
      3,
      `${copy}: it is marked already`,
    );
  }
  const { stream } = await look(t, directory);
  assert.equal(stream?.last, 2, "the original is as it was");
});

test("an entry that was lost goes as others do", async (t) => {
  const directory = await storeOf(t, [version, entry("s", 1), lost("s", 2), entry("s", 3)]);
  const store = new LevelStore({ directory });
  await store.open();
  store.trim("s", 2);
  await store.close();
  assert.deepEqual(
    (await fixture.rowsIn(directory)).map(({ key }) => key),
    [version.key, streamKey("s", 3)],
  );
});
