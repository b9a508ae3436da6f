import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { noAudit } from "../../../src/access/audit.js";
import { WatchedFiles } from "../../../src/files/watched-files.js";
import { temporaryDirectory } from "../../helpers/temporary-directory.js";

test("a pipe is not waited for in place of a file, and holds up no other file", async (t) => {
  const directory = await temporaryDirectory(t, "files");
  const at = (name: string) => join(directory, name);
  const reasons: unknown[] = [];
  const error = (details: object) => reasons.push((details as { reason: unknown }).reason);
  const files = new WatchedFiles({ info() {}, error }, noAudit);
  t.after(() => files.close());
  const held = new Map<string, string>();
  for (const name of ["one", "two"]) {
    await writeFile(at(name), "before");
    const load = async () => void held.set(name, await readFile(at(name), "utf8"));
    await files.watch({ what: name, names: [at(name)], load });
  }
  await rm(at("one"));
  execFileSync("mkfifo", [at("one")]);
  await writeFile(at("two"), "after");
  await files.reload();
  assert.deepEqual(
    [...held],
    [
      ["one", "before"],
      ["two", "after"],
    ],
  );
  assert.deepEqual(reasons, [`${JSON.stringify(at("one"))} is not a file`]);
  assert.equal(files.faulty, 1);
  const pipe = { what: "pipe", names: [at("one")], load: () => assert.fail("it was read") };
  await assert.rejects(files.watch(pipe), /is not a file/);
});

test("a file of gigabytes is not read", async (t) => {
  const directory = await temporaryDirectory(t, "files");
  const name = join(directory, "large");
  await writeFile(name, "");
  await truncate(name, 2 ** 33); // sparse: it takes no room
  const files = new WatchedFiles({ info() {}, error() {} }, noAudit);
  t.after(() => files.close());
  const large = { what: "large", names: [name], load: () => assert.fail("it was read") };
  await assert.rejects(files.watch(large), /large" is too large: at most 64 MiB are read/);
});

test("what was read first never comes into force last", async (t) => {
  const directory = await temporaryDirectory(t, "files");
  const name = join(directory, "accounts");
  await writeFile(name, "first");
  const files = new WatchedFiles({ info() {}, error() {} }, noAudit);
  t.after(() => files.close());
  let held = "";
  let hold: Promise<void> | undefined;
  let isRead = () => {};
  const load = async () => {
    const text = await readFile(name, "utf8");
    isRead();
    const wait = hold;
    hold = undefined;
    await wait;
    held = text;
  };
  await files.watch({ what: "accounts", names: [name], load });
  await writeFile(name, "second");
  let goOn = () => {};
  hold = new Promise((resolve) => {
    goOn = resolve;
  });
  const read = new Promise<void>((resolve) => {
    isRead = resolve;
  });
  const slow = files.reload();
  await read;
  await writeFile(name, "third");
  const quick = files.reload();
  // As long as it takes to read the file, for one that would not wait.
  for (let count = 0; count < 100; count++) await stat(name);
  goOn();
  await Promise.all([slow, quick]);
  assert.equal(held, "third");
});
