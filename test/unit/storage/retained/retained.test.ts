import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredMessage } from "../../../../src/storage/store.js";
import { found, message, setUp } from "./set-up.js";

test("new topics are refused at the bound, known ones are not", async (t) => {
  const { rows, write } = await setUp(t, { maxRetained: 2 });
  assert.deepEqual(
    ["a", "b", "c", "a"].map((topic) => rows.put(message(topic))),
    [true, true, false, true],
  );
  await write();
  assert.deepEqual([rows.put(message("c")), rows.put(message("b", "2")), rows.size], [false, true, 2]);
  rows.remove("a");
  assert.equal(rows.put(message("c")), true);
  await write();
  assert.deepEqual(await found(rows, "#"), ["b=2", "c=c"]);
});

test("sweeps in steps, round and round, and leaves what is newer", async (t) => {
  const { rows, write } = await setUp(t);
  for (let index = 0; index < 100; index++) rows.put(message(`t/${index}`, "", index));
  await write();
  rows.put(message("t/0", "new", 1000));
  const removed: number[] = [];
  for (let step = 0; step < 10; step++) removed.push(await rows.sweep(50, 10));
  assert.equal(
    removed.reduce((sum, count) => sum + count),
    49,
  );
  assert.ok(Math.max(...removed) <= 10);
  assert.equal(rows.size, 51);
  assert.equal((await write()).length, 50);
  assert.equal((await found(rows, "#")).length, 51);
  assert.equal(await rows.sweep(50, 1000), 0);
  assert.equal(await rows.sweep(1001, 1000), 51);
  assert.equal(rows.size, 0);
});

test("knows its topics after the database was opened again", async (t) => {
  const { rows, write, reopen, create, surround } = await setUp(t);
  await surround();
  const awkward = [
    "/",
    "//",
    "$a/b",
    "ü/\u{1f600}",
    "a b/a!",
    "x".repeat(65_535),
    "ü/".repeat(21_845),
    "a\u0001",
  ];
  for (const topic of awkward) rows.put(message(topic, "1"));
  for (let index = 0; index < 2500; index++) rows.put(message(`many/${index}`));
  await write();
  await reopen();
  const again = create();
  await again.load();
  assert.equal(again.size, awkward.length + 2500);
  for (const topic of awkward) assert.deepEqual(await found(again, topic), [`${topic}=1`]);
  assert.equal((await found(again, "#")).length, awkward.length + 2500 - 1);
  assert.equal((await found(again, `${"ü/".repeat(21_844)}#`)).length, 1);
  for (const topic of awkward) assert.equal(again.remove(topic), true);
  assert.equal(again.size, 2500);
});

test("what is gathered while the topics are loaded counts", async (t) => {
  const { rows, write } = await setUp(t);
  rows.put(message("a"));
  rows.put(message("b"));
  await write();
  rows.remove("a");
  rows.put(message("c"));
  await rows.load();
  assert.equal(rows.size, 2);
  assert.deepEqual(await found(rows, "#"), ["b=b", "c=c"]);
});

test("a damaged row is told of and passed over", async (t) => {
  const { rows, write, get, put, damaged } = await setUp(t);
  for (const topic of ["a", "b/b", "c", "d"]) rows.put(message(topic));
  await write();
  const flipped = Buffer.from((await get("b/b")) ?? []);
  flipped.writeUInt8(flipped.readUInt8(flipped.length - 1) ^ 1, flipped.length - 1);
  await put("b/b", flipped);
  await put("d", Buffer.alloc(0));
  assert.deepEqual(await found(rows, "#"), ["a=a", "c=c"]);
  assert.deepEqual(damaged.splice(0), ["b/b", "d"]);
  assert.deepEqual(await found(rows, "b/b"), []);
  assert.deepEqual(damaged.splice(0), ["b/b"]);
  assert.equal(await rows.sweep(100, 100), 2);
  assert.deepEqual(damaged.splice(0), ["b/b", "d"]);
  rows.put(message("b/b", "repaired"));
  assert.deepEqual(await found(rows, "b/b"), ["b/b=repaired"]);
  await write();
  assert.deepEqual(await found(rows, "#"), ["b/b=repaired"]);
  assert.deepEqual(damaged, ["d"]);
});

test("gives back all that a message has", async (t) => {
  const { rows, write } = await setUp(t);
  const full: StoredMessage = {
    ...message("a"),
    qos: 2,
    time: 1_700_000_000_000,
    properties: Buffer.from([0, 255]),
  };
  rows.put(full);
  await write();
  const got: StoredMessage[] = [];
  for await (const one of rows.find("a")) got.push(one);
  assert.deepEqual(got, [full]);
});
