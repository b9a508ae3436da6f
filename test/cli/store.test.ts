import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { backup } from "../../src/storage/level/backup.js";
import { Control } from "../../src/storage/level/control.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";
import * as fixture from "../unit/storage/maintenance/fixture.js";
import { damaged, message, page, retained, session, version } from "../unit/storage/maintenance/fixture.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const LIMIT_MS = 30_000;

const store = (...args: string[]) => run(args);

/** Runs the built command to its end. */
async function run(args: readonly string[], { input = "", cwd = process.cwd() } = {}) {
  const child = spawn(process.execPath, [MAIN, "store", ...args], { cwd, timeout: LIMIT_MS });
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  for (const name of ["stdout", "stderr"] as const)
    child[name].on("data", (chunk: Buffer) => output[name].push(chunk));
  child.stdin.on("error", () => undefined); // it may end before it has read everything
  child.stdin.end(input);
  const [code] = await once(child, "close");
  return {
    code,
    stdout: Buffer.concat(output.stdout).toString(),
    stderr: Buffer.concat(output.stderr).toString(),
  };
}

async function storeOf(t: TestContext, rows = fixture.everything()) {
  const home = await temporaryDirectory(t, "store");
  const data = join(home, "data");
  await fixture.write(data, rows);
  return { home, data };
}

/** Keeps the directory as a broker does while it runs. */
async function broker(t: TestContext, data: string) {
  const level = await fixture.open(data);
  const control = new Control({ directory: data, backup: (...args) => backup(level, ...args) });
  await control.open();
  t.after(async () => {
    await control.close();
    await level.close();
  });
  return { level, control };
}

const damage = [version, session("dev1"), damaged(retained(message("a/b"))), page("dev1", 1, [message("x")])];

test("the commands are listed, and an unknown one is refused", async () => {
  const none = await store();
  assert.equal(none.code, 64);
  for (const name of ["check", "repair", "stats", "export", "import", "backup"])
    assert.match(none.stdout, new RegExp(`^ {2}store ${name} `, "m"));
  assert.equal((await store("--help")).code, 0);
  const unknown = await store("fix");
  assert.equal(unknown.code, 64);
  assert.equal(unknown.stderr, 'causeway: unknown command "store fix"; causeway --help lists them\n');
  assert.match((await store("check", "--help")).stdout, /^Usage: causeway store check \[options\]$/m);
});

test("check: a sound store exits 0, a damaged one 1 with a line for each fault", async (t) => {
  const sound = await storeOf(t);
  const rows = fixture.everything().length;
  assert.deepEqual(await store("check", "--data", sound.data), {
    code: 0,
    stdout: `${sound.data}: sound, ${rows} rows\n`,
    stderr: "",
  });
  const { data } = await storeOf(t, damage);
  const { code, stdout } = await store("check", "--data", data);
  assert.equal(code, 1);
  assert.deepEqual(stdout.split("\n"), [
    'retained of topic "a/b": its checksum is wrong. Lost: the topic\'s retained message',
    `${data}: 1 fault, 4 rows`,
    `make a copy of ${data}, then run: causeway store repair --data ${data}`,
    "",
  ]);
});

test("check --json: a line for each fault, then a summary", async (t) => {
  const { data } = await storeOf(t, damage);
  const { code, stdout } = await store("check", "--data", data, "--json");
  assert.equal(code, 1);
  assert.deepEqual(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
    [
      {
        type: "fault",
        kind: "retained",
        topic: "a/b",
        problem: "its checksum is wrong",
        loss: "the topic's retained message",
      },
      { type: "summary", sound: false, rows: 4, faults: 1, unneededBlocks: 0, complete: true },
    ],
  );
});

test("the directory: ./data, or that of the configuration, or of --data", async (t) => {
  const { home, data } = await storeOf(t);
  const config = join(home, "causeway.yaml");
  await writeFile(config, JSON.stringify({ data }));
  assert.equal((await store("check", "--config", config)).code, 0);
  await writeFile(config, JSON.stringify({ dat: data }));
  const bad = await store("check", "--config", config);
  assert.equal(bad.code, 78);
  assert.match(bad.stderr, /unknown key; did you mean data\?/);
  assert.equal((await store("check", "--config", config, "--data", data)).code, 0);
  const missing = join(home, "missing");
  assert.deepEqual(await store("check", "--data", missing), {
    code: 1,
    stdout: "",
    stderr: `causeway: store check: there is no data directory ${missing}: name the broker's with --data\n`,
  });
});

test("every command refuses a directory in use, of another format, or of something else", async (t) => {
  const { home, data } = await storeOf(t);
  const old = join(home, "old");
  await fixture.write(old, [{ ...version, value: Buffer.from("1") }]);
  const level = await fixture.open(data);
  t.after(() => level.close());
  const refused = async (command: string[], directory: string, pattern: RegExp) => {
    const { code, stdout, stderr } = await store(...command, "--data", directory);
    assert.deepEqual([code, stdout], [1, ""], command.join(" "));
    assert.match(stderr, pattern);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
  };
  const backup = ["backup", join(home, "backup")];
  const commands = [["check"], ["repair", "--yes"], ["stats"], ["export"], ["import", "--merge"], backup];
  await Promise.all(
    commands.flatMap((command) => [
      refused(
        command,
        data,
        /is in use by (another process: stop the broker|a process that cannot be asked)/,
      ),
      refused(command, home, /is not a data directory of Causeway/),
    ]),
  );
  for (const command of [["repair", "--yes"], backup])
    await refused(command, old, /older format 1: start this version of causeway serve on it once/);
});

test("repair: asks a person, and nobody else, before it changes anything", async (t) => {
  const { home, data } = await storeOf(t, damage);
  const refused = await store("repair", "--data", data);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /nothing was changed: repair 1 fault with --yes, after making a copy/);
  assert.equal((await store("check", "--data", data)).code, 1);
  const { code, stdout } = await store("repair", "--data", `${data}/`, "--yes");
  assert.equal(code, 0);
  const [file] = (await readdir(home)).filter((name) => name.startsWith("data.removed-"));
  assert.ok(file);
  assert.match(stdout, /^retained of topic "a\/b": .* Lost: the topic's retained message$/m);
  assert.ok(stdout.endsWith(`1 row that could not be kept as it was: ${join(home, file)}\n`), stdout);
  assert.equal((await readFile(join(home, file), "utf8")).trimEnd().split("\n").length, 1);
  assert.equal((await store("check", "--data", data)).code, 0);
  assert.match((await store("repair", "--data", data)).stdout, /sound, nothing to repair/);
});

test("stats: a table for a person, an object for a program", async (t) => {
  const { data } = await storeOf(t);
  const { stdout } = await store("stats", "--data", data);
  assert.match(stdout, /^sessions +4, of 3 clients that went away$/m);
  assert.match(stdout, /^queued messages +9, 78\.\d KiB$/m);
  assert.match(stdout, /^longest queues$/m);
  assert.match(stdout, /^ +4 +\S+ KiB {2}"dev1"$/m);
  const figures = JSON.parse((await store("stats", "--data", data, "--json")).stdout);
  assert.deepEqual([figures.format, figures.sessions, figures.longestQueues.length], [2, 4, 3]);
});

test("export and import through a pipe, and through files, give the same store", async (t) => {
  const { home, data } = await storeOf(t);
  const exported = await store("export", "--data", data);
  assert.deepEqual([exported.code, exported.stderr], [0, ""]);
  const file = join(home, "store.jsonl");
  assert.deepEqual(await store("export", file, "--data", data), { code: 0, stdout: "", stderr: "" });
  assert.equal(await readFile(file, "utf8"), exported.stdout);
  const piped = await run(["import", "--data", join(home, "piped"), "--json"], { input: exported.stdout });
  assert.equal(piped.code, 0);
  assert.equal(JSON.parse(piped.stdout).queued, 9);
  assert.match(
    (await store("import", file, "--data", join(home, "read"))).stdout,
    /imported session 4 lines, /,
  );
  for (const copy of ["piped", "read"])
    assert.equal((await store("export", "--data", join(home, copy))).stdout, exported.stdout);
});

test("export: damaged rows are told and left out, with exit code 1", async (t) => {
  const { data } = await storeOf(t, damage);
  const { code, stdout, stderr } = await store("export", "--data", data);
  assert.equal(code, 1);
  assert.match(stderr, /left out: retained of topic "a\/b"/);
  assert.match(stderr, /1 fault, so that the export is not complete/);
  assert.equal(stdout.trimEnd().split("\n").length, 3);
});

test("export: whoever reads may go before the end", async (t) => {
  const rows = Array.from({ length: 5_000 }, (_, i) => retained(message(`a/${i}`, "x".repeat(500))));
  const { data } = await storeOf(t, [version, ...rows]);
  const child = spawn(process.execPath, [MAIN, "store", "export", "--data", data]);
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  child.stdout.once("data", () => child.stdout.destroy());
  const [code] = await once(child, "close");
  assert.deepEqual([code, errors], [0, ""]);
});

test("import: a bad line is named, and nothing is left", async (t) => {
  const home = await temporaryDirectory(t, "store");
  const file = join(home, "bad.jsonl");
  await writeFile(file, '{"type":"store","format":2}\n{"type":"session"}\n');
  const { code, stderr } = await store("import", file, "--data", join(home, "data"));
  assert.equal(code, 1);
  assert.match(stderr, /^causeway: store import: line 2 has a bad clientId: .*; nothing was imported\n$/);
  assert.deepEqual(await readdir(home), ["bad.jsonl"]);
  const missing = await store("import", join(home, "missing"), "--data", join(home, "data"));
  assert.match(missing.stderr, /^causeway: store import: cannot read .*missing: ENOENT/);
});

test("backup: of a store that nobody uses", async (t) => {
  const { home, data } = await storeOf(t);
  const target = join(home, "backup");
  const { code, stdout } = await store("backup", target, "--data", data);
  assert.equal(code, 0);
  assert.match(stdout, new RegExp(`^${target}: ${fixture.everything().length} rows, `));
  assert.equal(
    (await store("export", "--data", target)).stdout,
    (await store("export", "--data", data)).stdout,
  );
  const again = await store("backup", target, "--data", data);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /backup is not empty: name a directory that is empty or not there yet/);
});

test("backup: by the broker, to a directory as whoever asks names it", async (t) => {
  const { home, data } = await storeOf(t);
  await broker(t, data);
  const { stdout } = await run(["backup", "copies/today", "--json", "--data", data], { cwd: home });
  assert.equal(JSON.parse(stdout).rows, fixture.everything().length);
  assert.equal((await store("check", "--data", join(home, "copies", "today"))).code, 0);
});

test("backup: what the broker cannot do is told", async (t) => {
  const { home, data } = await storeOf(t);
  await broker(t, data);
  await writeFile(join(home, "file"), "");
  const { code, stderr } = await store("backup", join(home, "file"), "--data", data);
  assert.equal(code, 1);
  assert.match(stderr, /^causeway: store backup: .*file is a file: name a directory/);
});

test("a backup that takes the place of lost data is a store", async (t) => {
  const { home, data } = await storeOf(t);
  const before = (await store("export", "--data", data)).stdout;
  await store("backup", join(home, "backup"), "--data", data);
  await rm(data, { recursive: true });
  await rename(join(home, "backup"), data);
  assert.equal((await store("export", "--data", data)).stdout, before);
});
