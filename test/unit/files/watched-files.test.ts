import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { noAudit } from "../../../src/access/audit.js";
import { WatchedFiles } from "../../../src/files/watched-files.js";

test("a pipe is not waited for in place of a file, and holds up no other file", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "causeway-files-"));
  t.after(() => rm(directory, { recursive: true }));
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
