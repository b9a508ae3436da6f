import assert from "node:assert/strict";
import { readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { check } from "../../../../src/storage/level/maintenance/check.js";
import type { Fault } from "../../../../src/storage/level/maintenance/fault.js";
import { StoreError } from "../../../../src/storage/store.js";
import { temporaryDirectory } from "../../../helpers/temporary-directory.js";
import * as fixture from "./fixture.js";
import {
  block,
  damaged,
  entry,
  message,
  page,
  retained,
  session,
  state,
  subscription,
  version,
} from "./fixture.js";

async function faultsOf(directory: string) {
  const faults: Fault[] = [];
  const result = await check(directory, { onFault: (fault) => void faults.push(fault) });
  assert.equal(result.faults, faults.length);
  return { ...result, faults };
}

async function checked(t: TestContext, rows: Parameters<typeof fixture.write>[1]) {
  const directory = await temporaryDirectory(t, "store");
  await fixture.write(directory, rows);
  return faultsOf(directory);
}

test("a store with everything that there is, is sound", async (t) => {
  const rows = fixture.everything();
  assert.deepEqual(await checked(t, rows), {
    rows: rows.length,
    faults: [],
    unneededBlocks: 0,
    complete: true,
  });
});

test("a damaged row is named with its client or topic, and what is lost", async (t) => {
  const { faults } = await checked(t, [
    version,
    damaged(session("dev1")),
    session("dev10"),
    damaged(subscription("dev10", "a/+")),
    damaged(page("dev10", 77, [message("a")])),
    damaged(state("dev10", 5)),
    damaged(fixture.incoming("dev10", 9)),
    damaged(fixture.will("dev10", message("w"))),
    damaged(retained(message("a/b"))),
    damaged(block(5, [message("c")]).row),
    entry("s", 1),
    damaged(entry("s", 2)),
  ]);
  const seen = faults.map(({ kind, clientId, topic, stream }) =>
    [kind, clientId, topic, stream].filter(Boolean).join(" "),
  );
  assert.deepEqual(seen.sort(), [
    "block",
    "incoming dev10",
    "queue dev10",
    "retained a/b",
    "session dev1",
    "state dev10",
    "stream s",
    "subscription dev10 a/+",
    "will dev10",
  ]);
  assert.ok(faults.every(({ problem }) => problem.endsWith("its checksum is wrong")));
  assert.match(faults.find(({ kind }) => kind === "queue")?.loss ?? "", /from number 77 on/);
  assert.equal(faults.find(({ kind }) => kind === "stream")?.loss, "entry 2 of the stream");
});

test("rows that are intact but are not what they should be", async (t) => {
  const { key, value } = retained(message("a"));
  const { faults } = await checked(t, [
    version,
    { key: Buffer.from([0x7f, 1]), value },
    { key: Buffer.from([0x40, 0, 9, 0x61]), value }, // longer than its client identifier says
    fixture.block(1, []).row,
    { key, value: fixture.retained(message("b")).value },
  ]);
  assert.deepEqual(
    faults.map(({ kind, problem }) => [kind, problem]),
    [
      ["session", "its key is not one of Causeway's"],
      ["retained", "its checksum is wrong"],
      ["unknown", "its key is not one of Causeway's"],
    ],
  );
});

test("a page that refers to no block, or into the middle of one", async (t) => {
  const { row, references } = block(3, [message("a", "x".repeat(50)), message("b", "y".repeat(50))]);
  const [first, second] = references;
  assert.ok(first && second);
  const { faults, unneededBlocks } = await checked(t, [
    version,
    session("dev1"),
    session("dev2"),
    page("dev1", 1, [first, { ...first, block: 4 }, message("own")]),
    page("dev2", 1, [
      second,
      { ...second, offset: second.offset - 1 },
      { ...second, length: second.length + 1 },
      { ...first, length: first.length + second.length + 4 },
    ]),
    row,
    block(9, [message("left over")]).row,
  ]);
  assert.deepEqual(
    faults.map(({ clientId, loss }) => [clientId, loss.slice(0, 2)]),
    [
      ["dev1", "1 "],
      ["dev2", "3 "],
    ],
  );
  assert.equal(unneededBlocks, 1);
});

test("clients that have rows but no session, each once; a will needs none", async (t) => {
  const { faults } = await checked(t, [
    version,
    session("dev1"),
    subscription("dev1", "a"),
    subscription("dev10", "a"),
    page("dev10", 1, [message("a")]),
    page("dev", 1, [message("a")]),
    fixture.will("visitor", message("w")),
  ]);
  assert.deepEqual(
    faults.map(({ kind, clientId }) => [kind, clientId]),
    [
      ["session", "dev10"],
      ["session", "dev"],
    ],
  );
});

test("a missing version row", async (t) => {
  const { faults } = await checked(t, [session("dev1")]);
  assert.deepEqual(
    faults.map(({ kind }) => kind),
    ["version"],
  );
});

test("another format is not looked into", async (t) => {
  const directory = await temporaryDirectory(t, "store");
  const refused = (pattern: RegExp) =>
    assert.rejects(
      faultsOf(directory),
      (error) => error instanceof StoreError && pattern.test(error.message),
    );
  await fixture.write(directory, [{ ...version, value: Buffer.from("1") }]);
  await refused(/older format 1: start this version of causeway serve/);
  await fixture.write(directory, [{ ...version, value: Buffer.from("3") }]);
  await refused(/has format 3, and this version of Causeway reads up to 2/);
});

test("a directory that is not there, or is something else", async (t) => {
  const directory = await temporaryDirectory(t, "store");
  const refused = (path: string, pattern: RegExp) =>
    assert.rejects(faultsOf(path), (error) => error instanceof StoreError && pattern.test(error.message));
  await refused(join(directory, "missing"), /there is no data directory .*missing/);
  await refused(directory, /is not a data directory of Causeway/);
  await writeFile(join(directory, "file"), "");
  await refused(join(directory, "file"), /is not a directory/);
});

test("a directory in use by another process is left alone", async (t) => {
  const directory = await temporaryDirectory(t, "store");
  await fixture.write(directory, fixture.everything());
  const level = await fixture.open(directory);
  t.after(() => level.close());
  await assert.rejects(faultsOf(directory), /is in use by another process: stop the broker first/);
});

test("a byte of a table is told wherever it is, and what stood around it", async (t) => {
  const directory = await temporaryDirectory(t, "store");
  const rows = Array.from({ length: 2_000 }, (_, i) => retained(message(`topic/${i}`, `${i}`.repeat(20))));
  await fixture.write(directory, [version, ...rows]);
  await fixture.intoTables(directory);
  const [table] = await fixture.filesOf(directory, ".ldb");
  assert.ok(table);
  const sound = await readFile(table);
  for (let step = 0; step <= 100; step++) {
    await writeFile(table, sound);
    // The footer is filled up with bytes that mean nothing.
    await fixture.flip(table, (step / 100) * (1 - 48 / sound.length));
    const { faults, complete } = await faultsOf(directory);
    assert.equal(faults.length, 1, `byte ${step}`);
    assert.equal(complete, false);
    if (step === 30)
      assert.match(faults[0]?.loss ?? "", /^rows between retained "topic\/\d+" and retained "topic/);
  }
});

test("a table that a crash has left behind unfinished is no damage", async (t) => {
  const directory = await temporaryDirectory(t, "store");
  await fixture.write(directory, [version, session("dev1")]);
  await fixture.intoTables(directory);
  await writeFile(join(directory, "000099.ldb"), "unfinished");
  assert.deepEqual(await faultsOf(directory), { rows: 2, faults: [], unneededBlocks: 0, complete: true });
});

test("what is damaged in a log is told before it is opened", async (t) => {
  const directory = await temporaryDirectory(t, "store");
  for (let i = 0; i < 3; i++) await fixture.write(directory, [version, retained(message(`a/${i}`))]);
  const level = await fixture.open(directory);
  for (let i = 0; i < 100; i++) await level.put(...pair(retained(message(`b/${i}`, "x".repeat(1_000)))));
  await level.close();
  const [log] = await fixture.filesOf(directory, ".log");
  assert.ok(log);
  await fixture.flip(log, 0.5);
  const { faults } = await faultsOf(directory);
  assert.deepEqual(
    faults.map(({ kind }) => kind),
    ["log"],
  );
});

test("a log that ends in the middle of a write is what a crash leaves: sound", async (t) => {
  const directory = await temporaryDirectory(t, "store");
  await fixture.write(directory, [version, retained(message("a"))]);
  const level = await fixture.open(directory);
  await level.put(...pair(retained(message("b"))));
  await level.close();
  const [log] = await fixture.filesOf(directory, ".log");
  assert.ok(log);
  await truncate(log, (await stat(log)).size - 3);
  assert.deepEqual(await faultsOf(directory), { rows: 2, faults: [], unneededBlocks: 0, complete: true });
});

test("a database whose list of files is missing or damaged, or names one that is missing", async (t) => {
  const directory = join(await temporaryDirectory(t, "store"), "data");
  const broken = async (how: () => Promise<void>) => {
    await rm(directory, { recursive: true, force: true });
    await fixture.write(directory, fixture.everything());
    await fixture.intoTables(directory);
    await how();
    const { faults } = await faultsOf(directory);
    assert.equal(faults.length, 1);
    return faults[0]?.problem ?? "";
  };
  const manifest = async () => (await readdir(directory)).find((name) => name.startsWith("MANIFEST")) ?? "";
  const LIST = /list of the database's files/;
  assert.match(await broken(() => rm(join(directory, "CURRENT"))), LIST);
  assert.match(await broken(async () => rm(join(directory, await manifest()))), LIST);
  for (const place of [0, 0.3, 0.6, 1])
    assert.match(await broken(async () => fixture.flip(join(directory, await manifest()), place)), LIST);
  const problem = await broken(async () => {
    for (const table of await fixture.filesOf(directory, ".ldb")) await rm(table);
  });
  assert.match(problem, /damaged and cannot be opened .*missing files.*causeway store repair/);
});

function pair({ key, value }: { key: Buffer; value: Buffer }): [Buffer, Buffer] {
  return [key, value];
}
