import assert from "node:assert/strict";
import { test } from "node:test";
import { found, message, setUp } from "./set-up.js";

test("a flood on one topic costs one row a group, the last one", async (t) => {
  const { rows, write } = await setUp(t);
  for (let n = 0; n <= 1000; n++) rows.put(message("a/b", `${n}`));
  assert.equal((await write()).length, 1);
  assert.deepEqual(await found(rows, "a/b"), ["a/b=1000"]);
  rows.put(message("a/b", "again"));
  rows.remove("a/b");
  assert.deepEqual(
    (await write()).map(({ type }) => type),
    ["del"],
  );
  assert.deepEqual(await found(rows, "#"), []);
});

test("removing what is not there costs no row", async (t) => {
  const { rows, write } = await setUp(t);
  assert.equal(rows.remove("a"), false);
  assert.deepEqual(await write(), []);
});

test("what comes while a group is written, however often that is tried, is in the next one", async (t) => {
  const { rows, write, begin } = await setUp(t);
  rows.put(message("a", "1"));
  rows.put(message("b", "1"));
  const end = begin();
  rows.put(message("a", "2"));
  rows.remove("b");
  assert.deepEqual(await found(rows, "#"), ["a=2"]);
  await end();
  assert.deepEqual(await found(rows, "#"), ["a=2"]);
  assert.deepEqual(
    (await write()).map(({ type }) => type),
    ["put", "del"],
  );
  assert.deepEqual(await found(rows, "#"), ["a=2"]);
});

test("tells how much waits to be taken, each topic once", async (t) => {
  const { rows, write } = await setUp(t);
  const waits = () => [rows.waiting, rows.waitingBytes];
  assert.deepEqual(waits(), [0, 0]);
  rows.put(message("a/b", "x".repeat(1000)));
  rows.put(message("a/c", "x".repeat(10)));
  assert.deepEqual(waits(), [2, 1016]);
  rows.put(message("a/b", "x".repeat(10)));
  assert.deepEqual(waits(), [2, 26]);
  rows.remove("a/c");
  rows.remove("a/c");
  assert.deepEqual(waits(), [2, 16]);
  await write();
  assert.deepEqual(waits(), [0, 0]);
});
