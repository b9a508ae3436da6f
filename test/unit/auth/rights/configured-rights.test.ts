import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { noAudit } from "../../../../src/access/audit.js";
import { ConfiguredRights } from "../../../../src/auth/rights/configured-rights.js";
import { readRightsFile } from "../../../../src/config/rights-file.js";
import { WatchedFiles } from "../../../../src/files/watched-files.js";
import { principalOf } from "./ground.js";

const ana = principalOf("ana");

/** Two files of rights in a directory of their own, watched. */
async function watched(t: TestContext) {
  const home = mkdtempSync(join(tmpdir(), "causeway-rights-"));
  t.after(() => rmSync(home, { recursive: true }));
  const lines: string[] = [];
  const log = { info() {}, error: (details: object) => void lines.push(JSON.stringify(details)) };
  const files = new WatchedFiles(log, noAudit);
  t.after(() => files.close());
  const [file, aclFile] = [join(home, "rights.yaml"), join(home, "acl")];
  writeFileSync(
    file,
    "rules:\n  - {allow: [publish], topics: [yaml/a]}\nscopes:\n  - {users: ['a*'], scopes: [read]}\n",
  );
  writeFileSync(aclFile, "user ana\ntopic acl/a\n");
  const inline = { allow: ["publish"] as const, topics: ["inline"], anonymous: false };
  const rights = new ConfiguredRights({ rules: [inline], scopes: [], file, aclFile }, readRightsFile);
  let changes = 0;
  await rights.watch(files, () => void changes++);
  const may = (topic: string) => rights.engine.rightsOf(ana, "c")?.mayPublish(topic, 0, false);
  return { rights, files, file, aclFile, may, lines, changes: () => changes };
}

describe("rights by the configuration", () => {
  test("rules of all places join", async (t) => {
    const { may, rights, changes } = await watched(t);
    for (const topic of ["inline", "yaml/a", "acl/a"]) assert.equal(may(topic), true, topic);
    assert.equal(may("other"), false);
    assert.deepEqual([...rights.engine.scopesOf("ana")], ["read"]);
    assert.deepEqual([...rights.engine.scopesOf("bo")], []);
    assert.deepEqual([...rights.engine.scopesOf("")], []);
    assert.equal(rights.engine.counters.rules, 3);
    assert.equal(changes(), 0);
  });

  test("a changed file is in force once it is read, and that is told", async (t) => {
    const { may, files, file, aclFile, changes } = await watched(t);
    writeFileSync(file, "rules:\n  - {deny: [publish], topics: [inline]}\n");
    await files.reload();
    assert.deepEqual(["inline", "yaml/a", "acl/a"].map(may), [false, false, true]);
    assert.equal(changes(), 2);
    writeFileSync(aclFile, "");
    await files.reload();
    assert.equal(may("acl/a"), false);
  });

  for (const [what, name, text, fault] of [
    ["YAML that is none", "file", "rules: [", /rights\.yaml:1:\d+: not valid YAML/],
    [
      "an unknown key",
      "file",
      "rules:\n  - {alow: [publish], topics: [a]}",
      /rights\.yaml:2:6 rules\[0\]\.alow: unknown key; did you mean rules\[0\]\.allow/,
    ],
    [
      "a wrong value",
      "file",
      "rules:\n  - {allow: [fly], topics: [a]}",
      /rights\.yaml:2:\d+ rules\[0\]\.allow\[0\]: \\"fly\\" is not/,
    ],
    [
      "a rule that does not go together",
      "file",
      "rules:\n  - {allow: [publish], deny: [publish], topics: [a]}",
      /rights\.yaml:2:5 rules\[0\]: a rule has either allow or deny/,
    ],
    [
      "a filter that is none",
      "file",
      "rules:\n  - {allow: [publish], topics: [a, 'b#']}",
      /rules\[0\]\.topics\[1\]: \\"b#\\": # must be/,
    ],
    [
      "a user pattern that is none",
      "file",
      "scopes:\n  - {users: ['**'], scopes: [read]}",
      /scopes\[0\]\.users\[0\]: \\"\*\*\\"/,
    ],
    [
      "a line that Mosquitto would refuse",
      "aclFile",
      "topic a\ntopics b\n",
      /acl:2: \\"topics\\" is none of/,
    ],
  ] as const)
    test(`${what} is told, and what was in force stays`, async (t) => {
      const { may, files, lines, changes, ...names } = await watched(t);
      writeFileSync(names[name], text);
      await files.reload();
      assert.equal(files.faulty, 1);
      assert.match(lines.join("\n"), fault);
      for (const topic of ["inline", "yaml/a", "acl/a"]) assert.equal(may(topic), true, topic);
      assert.equal(changes(), 1);
    });

  test("a file that cannot be taken at the start is an error", async () => {
    const rights = new ConfiguredRights({ rules: [], scopes: [], aclFile: "/nowhere/acl" }, readRightsFile);
    await assert.rejects(rights.load(), /ENOENT/);
    const yaml = new ConfiguredRights(
      { rules: [], scopes: [], file: "/nowhere/rights.yaml" },
      readRightsFile,
    );
    await assert.rejects(yaml.load(), /there is no such file/);
    // Nobody is let do anything by rules that are not known.
    assert.equal(yaml.engine.rightsOf(ana, "c")?.mayPublish("a", 0, false), false);
  });

  test("an empty section denies everything", async () => {
    const rights = new ConfiguredRights({ rules: [], scopes: [] }, readRightsFile);
    await rights.load();
    assert.equal(rights.engine.rightsOf(ana, "c")?.mayPublish("a", 0, false), false);
    assert.equal(rights.engine.rightsOf(ana, "c")?.readable("#"), undefined);
  });
});
