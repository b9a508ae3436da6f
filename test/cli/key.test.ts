import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parseKeys } from "../../src/auth/keys/key-file.js";
import { hashOf } from "../../src/auth/keys/key-text.js";

const main = join(import.meta.dirname, "..", "..", "dist", "main.js");

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "causeway-key-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

function key(cwd: string, ...flags: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "key", ...flags], {
    cwd,
    env: { PATH: process.env.PATH },
    encoding: "utf8",
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

const file = ["--file", "keys.yaml"];
const keysIn = (directory: string) => parseKeys(readFileSync(join(directory, "keys.yaml"), "utf8"));

test("a key is printed alone, once, and the file has its hash", (t) => {
  const directory = place(t);
  const made = key(
    directory,
    "add",
    "grafana",
    "--scope",
    "read",
    "--scope",
    "metrics",
    "--expires",
    "90d",
    ...file,
  );
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stdout, /^cwk_[\w-]{43}\n$/);
  assert.match(made.stderr, /^grafana is in keys\.yaml\. The key is shown this once:\n$/);
  const [entry, ...more] = keysIn(directory);
  assert.deepEqual(
    [entry?.name, entry?.scopes, entry?.hash, more],
    ["grafana", ["read", "metrics"], hashOf(made.stdout.trim()), []],
  );
  const days = (Date.parse(entry?.expires ?? "") - Date.now()) / 86_400_000;
  assert.ok(days > 89.9 && days <= 90.1, `${days}`);
  const content = readFileSync(join(directory, "keys.yaml"), "utf8");
  assert.ok(!content.includes("cwk_"));
  assert.match(content, /^# API keys of Causeway/);
  assert.equal(statSync(join(directory, "keys.yaml")).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(directory), ["keys.yaml"]);
});

test("keys are listed without their hashes, and removed by name; comments stay", (t) => {
  const directory = place(t);
  assert.equal(key(directory, "list", ...file).status, 1);
  key(directory, "add", "one", "-s", "admin", ...file);
  const text = readFileSync(join(directory, "keys.yaml"), "utf8");
  const old = `- name: old\n  hash: ${hashOf("old")}\n  scopes: [read]\n  expires: 2020-01-31 # mine\n`;
  writeFileSync(join(directory, "keys.yaml"), text + old);
  key(directory, "add", "two", "-s", "connect", "--user", "d 1", "--expires", "2999-01-31", ...file);
  const listed = key(directory, "list", ...file);
  assert.deepEqual(
    listed.stdout.split("\n").map((line) => line.trimEnd()),
    [
      "NAME  SCOPES   USER   EXPIRES",
      "one   admin    -      never",
      "old   read     -      2020-01-31 (expired)",
      'two   connect  "d 1"  2999-01-31T00:00:00.000Z',
      "",
    ],
  );
  const json = JSON.parse(key(directory, "list", "--json", ...file).stdout);
  assert.deepEqual(json[1], { name: "old", scopes: ["read"], expires: "2020-01-31", expired: true });
  assert.equal(key(directory, "remove", "one", ...file).status, 0);
  assert.deepEqual(
    keysIn(directory).map(({ name }) => name),
    ["old", "two"],
  );
  assert.match(readFileSync(join(directory, "keys.yaml"), "utf8"), /^# API keys of Causeway[\s\S]+# mine\n/);
  key(directory, "remove", "two", ...file);
  key(directory, "remove", "old", ...file);
  assert.equal(key(directory, "list", ...file).stdout, "no keys\n");
  assert.equal(key(directory, "add", "three", "-s", "read", ...file).status, 0);
  assert.equal(keysIn(directory).length, 1);
});

test("the file is the one that the configuration names", (t) => {
  const directory = place(t);
  writeFileSync(join(directory, "causeway.yaml"), "keys: {file: keys.yaml}\n");
  const early = key(directory, "add", "one", "-s", "read", "--config", "causeway.yaml");
  assert.equal(early.status, 78);
  assert.match(early.stderr, /keys\.file: "keys\.yaml" is no file.*make it: causeway key add NAME/);
  key(directory, "add", "one", "-s", "read", ...file);
  assert.equal(key(directory, "add", "two", "-s", "read", "--config", "causeway.yaml").status, 0);
  assert.equal(keysIn(directory).length, 2);
});

test("an existing file keeps its mode, and a link stays one", (t) => {
  const directory = place(t);
  writeFileSync(join(directory, "real.yaml"), "");
  chmodSync(join(directory, "real.yaml"), 0o640);
  symlinkSync("real.yaml", join(directory, "keys.yaml"));
  assert.equal(key(directory, "add", "one", "-s", "read", ...file).status, 0);
  assert.equal(statSync(join(directory, "real.yaml")).mode & 0o777, 0o640);
  assert.equal(
    readFileSync(join(directory, "real.yaml"), "utf8"),
    readFileSync(join(directory, "keys.yaml"), "utf8"),
  );
  assert.deepEqual(readdirSync(directory).sort(), ["keys.yaml", "real.yaml"]);
});

test("of many that change the file at a time each is in it, or is told", async (t) => {
  const directory = place(t);
  const runs = Array.from({ length: 5 }, async (_, i) => {
    const child = spawn(process.execPath, [main, "key", "add", `k${i}`, "-s", "read", ...file], {
      cwd: directory,
    });
    const [code] = await once(child, "exit");
    return code === 0 ? `k${i}` : undefined;
  });
  const added = (await Promise.all(runs)).filter((name) => name !== undefined);
  assert.ok(added.length > 0);
  assert.deepEqual(
    keysIn(directory)
      .map(({ name }) => name)
      .sort(),
    added,
  );
  assert.ok(!existsSync(join(directory, "keys.yaml.new")));
});

const good = `- name: one\n  hash: ${hashOf("one")}\n  scopes: [read]\n`;
const mistakes: [string[], number, RegExp, string?][] = [
  [["add", ...file], 64, /key add: give the key one name/],
  [["add", "a", "b", ...file], 64, /key add: give the key one name/],
  [["add", "a#b", "-s", "read", ...file], 64, /give it a name of 1 to 64 characters/],
  [["add", "a", ...file], 64, /--scope is needed: give one or more of connect, publish/],
  [["add", "a", "-s", "write", ...file], 64, /--scope "write" is none/],
  [["add", "a", "-s", "read", "--user", "", ...file], 64, /--user must be a name/],
  [
    ["add", "a", "-s", "read", "--expires", "2020-01-01", ...file],
    64,
    /--expires must be a time or a date to come/,
  ],
  [
    ["add", "a", "-s", "read", "--expires", "2999-99-99", ...file],
    64,
    /--expires must be a time or a date to come/,
  ],
  [
    ["add", "a", "-s", "read", "--expires", "whenever", ...file],
    64,
    /--expires must be a time or a date .*as 90d or 2099-01-31, not "whenever"/,
  ],
  [["add", "a", "-s", "read"], 1, /there is no file of keys: give --file FILE, or set keys\.file/],
  [["add", "one", "-s", "read", ...file], 1, /has a key of the name one already/, good],
  [
    ["add", "a", "-s", "read", ...file],
    1,
    /keys\.yaml cannot be taken: the file is to hold a list/,
    "a: 1\n",
  ],
  [["add", "a", "-s", "read", ...file], 1, /keys\.yaml is not valid YAML/, "- {"],
  [
    ["add", "a", "-s", "read", "--file", "no/keys.yaml"],
    1,
    /cannot write no\/keys\.yaml: ENOENT: no such file or directory$/m,
  ],
  [["remove", "two", ...file], 1, /keys\.yaml has no key of the name "two"/, good],
  [["remove", ...file], 64, /key remove: name one key/],
  [["list", "--file", "."], 1, /cannot read \.: EISDIR/],
];
for (const [flags, code, text, content] of mistakes)
  test(`refused in words, and nothing is changed: key ${flags.join(" ")}`, (t) => {
    const directory = place(t);
    if (content !== undefined) writeFileSync(join(directory, "keys.yaml"), content);
    const { status, stdout, stderr } = key(directory, ...flags);
    assert.deepEqual([status, stdout], [code, ""], stderr);
    assert.match(stderr, text);
    assert.ok(!stderr.includes("sha256:"));
    assert.deepEqual(readdirSync(directory), content === undefined ? [] : ["keys.yaml"]);
    if (content !== undefined) assert.equal(readFileSync(join(directory, "keys.yaml"), "utf8"), content);
  });

test("a change that was broken off is told of, and does not lose what is there", (t) => {
  const directory = place(t);
  writeFileSync(join(directory, "keys.yaml"), good);
  writeFileSync(join(directory, "keys.yaml.new"), "half");
  const { status, stderr } = key(directory, "add", "two", "-s", "read", ...file);
  assert.equal(status, 1);
  assert.match(stderr, /keys\.yaml\.new is there: another causeway changes the file; remove it if/);
  assert.equal(keysIn(directory).length, 1);
});
