import assert from "node:assert/strict";
import { test } from "node:test";
import { Committer, type Operation } from "../../../src/storage/level/committer.js";

const put = (key: string): Operation => ({ type: "put", key: Buffer.from(key), value: Buffer.from("x") });

/** A committer whose writes end when the test says so. */
function committer() {
  const writes: { keys: string[]; sync: boolean; end: (error?: Error) => void }[] = [];
  let begun: (() => void) | undefined;
  const made = new Committer((operations, { sync }) => {
    const keys = operations.map(({ key }) => key.toString());
    return new Promise((resolve, reject) => {
      writes.push({ keys, sync, end: (error) => (error ? reject(error) : resolve()) });
      begun?.();
    });
  });
  const write = async (index: number) => {
    while (!writes[index])
      await new Promise<void>((resolve) => {
        begun = resolve;
      });
    return writes[index];
  };
  return { made, writes, write };
}

test("what comes while a write is under way goes out together, in order, in the next one", async () => {
  const { made, writes, write } = committer();
  const first = [made.commit([put("a")], true), made.commit([put("b")], false)];
  const one = await write(0);
  const second = [made.commit([put("c")], false), made.commit([], true), made.commit([put("d")], false)];
  one.end();
  await Promise.all(first);
  (await write(1)).end();
  await Promise.all(second);
  assert.deepEqual(
    writes.map(({ keys, sync }) => [keys, sync]),
    [
      [["a", "b"], true],
      [["c", "d"], false],
    ],
  );
});

test("a failed write fails those who are in it, and nobody after", async () => {
  const { made, write } = committer();
  const lost = [made.commit([put("a")], true), made.commit([], true)];
  const one = await write(0);
  const next = made.commit([put("b")], true);
  one.end(new Error("no space"));
  for (const commit of lost) await assert.rejects(commit, /no space/);
  assert.deepEqual([made.stats().failing, made.stats().failures], [true, 1]);
  (await write(1)).end();
  await next;
  assert.deepEqual([made.stats().failing, made.stats().failures], [false, 1]);
});

test("an empty commit waits for what is before it, and for nothing when there is nothing", async () => {
  const { made, write } = committer();
  await made.commit([], true);
  let settled = false;
  const before = made.commit([put("a")], false);
  const one = await write(0);
  const after = made.commit([], true).then(() => {
    settled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(settled, false);
  one.end();
  await Promise.all([before, after]);
});
