import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";

const main = join(import.meta.dirname, "..", "..", "dist", "main.js");

function place(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "causeway-passwd-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return { directory, file: join(directory, "accounts") };
}

function passwd(args: string[], input = "") {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "passwd", ...args], {
    input,
    encoding: "utf8",
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

const set = (file: string, name: string, password: string, ...flags: string[]) =>
  passwd([file, name, "--stdin", ...flags], `${password}\n`);

const check = (file: string, name: string, password: string) =>
  passwd([file, name, "--stdin", "--check"], password).status;

test("an account is added, changed, checked, listed and removed, and the rest of the file stays", (t) => {
  const { file } = place(t);
  const added = set(file, "sensor 7", "geheim");
  assert.deepEqual([added.status, added.stdout], [0, `Made ${file}\nAdded sensor 7\n`]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.match(readFileSync(file, "utf8"), /^sensor 7:\$scrypt\$ln=15,r=8,p=1\$[^\n]*\n$/);
  writeFileSync(file, `# devices\n${readFileSync(file, "utf8")}\n# the end`);
  assert.equal(set(file, "bob", "other", "--format", "mosquitto").stdout, "Added bob\n");
  assert.equal(set(file, "sensor 7", "neu").stdout, "Changed the password of sensor 7\n");
  assert.match(
    readFileSync(file, "utf8"),
    /^# devices\nsensor 7:\$scrypt[^\n]*\n\n# the end\nbob:\$7\$20000\$[^\n]*\n$/,
  );
  assert.deepEqual(
    [check(file, "sensor 7", "neu"), check(file, "sensor 7", "geheim"), check(file, "bob", "other")],
    [0, 1, 0],
  );
  assert.equal(
    passwd([file, "--list"]).stdout,
    "sensor 7\tscrypt, ln=15,r=8,p=1\nbob\tPBKDF2-SHA512, 20000 iterations\n",
  );
  assert.equal(passwd([file, "sensor 7", "--delete"]).stdout, "Removed sensor 7\n");
  assert.match(readFileSync(file, "utf8"), /^# devices\n\n# the end\nbob:[^\n]*\n$/);
  assert.equal(passwd([file, "sensor 7", "-D"]).status, 1);
  assert.equal(check(file, "sensor 7", "neu"), 1);
});

test("Mosquitto lets in those whom causeway passwd --format mosquitto has added", async (t) => {
  const { directory, file } = place(t);
  set(file, "alice", "pässwörd", "--format", "mosquitto");
  const port = await mosquitto(t, directory, file);
  assert.equal(publish(port, "alice", "pässwörd"), 0);
  assert.notEqual(publish(port, "alice", "password"), 0);
});

test("files of mosquitto_passwd are read and changed, and Mosquitto still reads them", async (t) => {
  const { directory, file } = place(t);
  writeFileSync(file, "");
  for (const [name, ...flags] of [["old", "-H", "sha512"], ["alice"]] as const)
    spawnSync("mosquitto_passwd", [...flags, "-b", file, name, "hunter2"]);
  assert.equal(
    passwd([file, "--list"]).stdout,
    "old\tSHA-512, once (weak)\nalice\tPBKDF2-SHA512, 101 iterations\n",
  );
  assert.deepEqual([check(file, "old", "hunter2"), check(file, "alice", "hunter2")], [0, 0]);
  assert.equal(set(file, "alice", "new", "-f", "mosquitto").status, 0);
  assert.equal(spawnSync("mosquitto_passwd", ["-b", file, "bob", "third"]).status, 0);
  const port = await mosquitto(t, directory, file);
  for (const [name, password] of [
    ["old", "hunter2"],
    ["alice", "new"],
    ["bob", "third"],
  ] as const) {
    assert.equal(publish(port, name, password), 0, name);
    assert.equal(check(file, name, password), 0, name);
  }
  assert.notEqual(publish(port, "alice", "hunter2"), 0);
});

for (const [what, input, reason] of [
  ["no password", "", /the password is empty/],
  ["an empty line", "\n", /the password is empty/],
  ["two lines", "one\ntwo\n", /must be one line/],
  ["a password that no packet can carry", "x".repeat(65_536), /longer than 65535 bytes/],
] as const)
  test(`${what} on standard input is refused`, (t) => {
    const { file } = place(t);
    const { status, stderr } = passwd([file, "alice", "--stdin"], input);
    assert.equal(status, 1);
    assert.match(stderr, reason);
    assert.ok(!existsSync(file));
  });

for (const [args, code, reason] of [
  [[], 64, /name the file/],
  [["FILE"], 64, /name the account/],
  [["FILE", "a:b"], 64, /it holds a colon/],
  [["FILE", "#a"], 64, /begins with #/],
  [["FILE", " a"], 64, /white space/],
  [["FILE", "a\nb"], 64, /control character/],
  [["FILE", "a", "password"], 64, /FILE and NAME only/],
  [["FILE", "a", "--format", "md5"], 64, /none of: scrypt, mosquitto/],
  [["FILE", "a", "--list", "--delete"], 64, /exclude each other/],
  [["FILE", "a"], 1, /no terminal.*--stdin/],
  [["FILE", "--list"], 1, /is no file/],
  [["/nonexistent/accounts", "a", "--stdin"], 1, /cannot be written/],
] as const)
  test(`causeway passwd ${JSON.stringify(args.join(" "))} is refused in one line`, (t) => {
    const { directory, file } = place(t);
    const { status, stderr } = passwd(
      args.map((arg) => (arg === "FILE" ? file : arg)),
      "secret\n",
    );
    assert.equal(status, code);
    assert.match(stderr, reason);
    assert.match(stderr, /^causeway: passwd: [^\n]*\n$/);
    assert.deepEqual(readdirSync(directory), []);
  });

test("a link stays a link, and the group that could read the file still can", (t) => {
  const { directory, file } = place(t);
  const link = join(directory, "link");
  writeFileSync(file, "", { mode: 0o644 });
  symlinkSync(file, link);
  assert.equal(set(link, "alice", "secret").status, 0);
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.equal(check(file, "alice", "secret"), 0);
  assert.deepEqual(readdirSync(directory).sort(), ["accounts", "link"]);
});

test("faults in other lines are told, and those lines are kept", (t) => {
  const { file } = place(t);
  writeFileSync(file, "bob:plaintext\n");
  const { status, stderr } = set(file, "alice", "secret");
  assert.equal(status, 0);
  assert.match(stderr, /accounts, line 1: "bob": no hash follows the name/);
  assert.ok(!stderr.includes("plaintext"));
  assert.match(readFileSync(file, "utf8"), /^bob:plaintext\nalice:\$scrypt/);
  assert.equal(passwd([file, "--list"]).status, 1);
  writeFileSync(file, Buffer.from("# caf\xe9\n", "latin1"));
  assert.match(set(file, "alice", "secret").stderr, /not text in UTF-8/);
});

test("at a terminal it asks twice, shows nothing, and Backspace takes a character back", async (t) => {
  const { file } = place(t);
  const typed = await atTerminal(
    t,
    [file, "alice"],
    [
      ["Password: ", "gehx\u007feim\r"],
      ["Once more: ", "geheim\r"],
    ],
  );
  assert.equal(typed.code, 0, typed.screen);
  assert.ok(!typed.screen.includes("geh"), typed.screen);
  assert.equal(check(file, "alice", "geheim"), 0);
});

test("at a terminal two passwords that differ, and an interrupt, change nothing", async (t) => {
  const { file } = place(t);
  const differ = await atTerminal(
    t,
    [file, "alice"],
    [
      ["Password: ", "one\r"],
      ["Once more: ", "two\r"],
    ],
  );
  assert.equal(differ.code, 1);
  assert.match(differ.screen, /not the same/);
  const interrupted = await atTerminal(t, [file, "alice"], [["Password: ", "one\u0003"]]);
  assert.equal(interrupted.code, 1);
  assert.match(interrupted.screen, /interrupted/);
  assert.ok(!existsSync(file));
});

/** Runs it at a terminal, and types each text once the screen shows what it answers. */
async function atTerminal(t: TestContext, args: string[], typing: [shown: string, typed: string][]) {
  const words = [process.execPath, main, "passwd", ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qec", words, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  let screen = "";
  child.stdout.on("data", (chunk) => {
    screen += chunk;
    const [next] = typing;
    if (!next || !screen.includes(next[0])) return;
    typing.shift();
    child.stdin.write(next[1]);
  });
  const [code] = (await once(child, "close", { signal: AbortSignal.timeout(20_000) })) as [number | null];
  return { code, screen };
}

/** A Mosquitto that asks for these passwords; resolves to its port. */
async function mosquitto(t: TestContext, directory: string, file: string): Promise<number> {
  const port = await freePort();
  const config = join(directory, "mosquitto.conf");
  const user = process.getuid?.() === 0 ? "user root\n" : "";
  writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous false\n${user}password_file ${file}\n`);
  const broker: ChildProcess = spawn("mosquitto", ["-c", config, "-v"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  t.after(async () => {
    broker.kill("SIGKILL");
    if (broker.exitCode === null && broker.signalCode === null) await once(broker, "exit");
  });
  assert.ok(broker.stderr);
  for await (const line of createInterface({ input: broker.stderr }))
    if (/mosquitto version .* running/.test(line)) break;
  broker.stderr.resume();
  return port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

function publish(port: number, name: string, password: string): number | null {
  const args = ["-h", "127.0.0.1", "-p", String(port), "-u", name, "-P", password, "-t", "a", "-m", "x"];
  return spawnSync("mosquitto_pub", args, { timeout: 20_000 }).status;
}
