import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Principal } from "../../../../src/access/principal.js";
import { makePbkdf2 } from "../../../../src/auth/accounts/pbkdf2.js";
import { ConfigError } from "../../../../src/config/fault.js";
import { temporaryDirectory } from "../../../helpers/temporary-directory.js";
import { AuthGround } from "../auth-ground.js";

const hash = await makePbkdf2("secret", 2_000);
const BACKOFF = { failures: 3, first: "5m" };

async function ground(t: TestContext, lines: string[], rest: object = {}) {
  const directory = await temporaryDirectory(t, "accounts");
  const file = join(directory, "accounts");
  await writeFile(file, lines.map((line) => `${line}\n`).join(""));
  return { file, at: await AuthGround.open(t, { accounts: { file, backoff: BACKOFF }, ...rest }) };
}

const isUser = (found: Principal | string): found is Principal => typeof found !== "string";

test("a name with its password is let in as that user, at every door, and anything else is not", async (t) => {
  const { at } = await ground(t, [`alice:${hash}`, `__proto__:${hash}`]);
  for (const door of ["mqtt", "channel", "rest", "metrics", "login"] as const) {
    const found = await at.admit({ door, username: "alice", password: "secret" });
    assert.ok(isUser(found), door);
    const { user, proof, unrestricted, channels, scopes } = found;
    assert.deepEqual([user, proof, unrestricted, channels], ["alice", "password", false, []]);
    assert.deepEqual([...scopes], ["connect"]);
  }
  assert.ok(isUser(await at.admit({ username: "__proto__", password: "secret" })));
  const wrong = [
    ["alice", "Secret"],
    ["alice", ""],
    ["alice", hash],
    ["", "secret"],
    ["toString", "secret"],
  ];
  for (const [index, [username, password]] of wrong.entries()) {
    const found = await at.admit({ username, password, address: `10.0.0.${index}` });
    assert.equal(found, "credentials", `${username}`);
  }
  assert.equal(await at.admit({ username: "alice" }), "credentials");
  assert.equal(await at.admit({ password: "secret" }), "credentials");
  assert.equal(await at.admit({}), "credentials");
});

test("nothing that is written holds a password or a hash", async (t) => {
  const { at, file } = await ground(t, [`alice:${hash}`]);
  await at.admit({ username: "alice", password: "secret" });
  await at.admit({ username: "alice", password: "my wrong password" });
  await at.admit({ username: "nobody", password: "my wrong password" });
  await appendFile(file, `bob:${"plain text of bob"}\n`);
  await at.files.reload();
  assert.match(at.written, /line 2: \\"bob\\"|line 2: .*bob/);
  for (const secret of ["secret", "my wrong password", "plain text of bob", hash.slice(9, 25)])
    assert.ok(!at.written.includes(secret), secret);
});

test("a right password is worked out once for a thousand connections", async (t) => {
  const { at } = await ground(t, [`alice:${hash}`]);
  const found = await Promise.all(
    Array.from({ length: 1_000 }, () => at.admit({ username: "alice", password: "secret" })),
  );
  assert.ok(found.every(isUser));
  await at.admit({ username: "alice", password: "secret" });
  assert.deepEqual(at.metric("auth_password_checks_total"), { worked: 1, remembered: 1 });
});

test("the same guess many times at once costs the same for a name that exists and for one that does not", async (t) => {
  const { at } = await ground(t, [`alice:${hash}`]);
  const worked = () => (at.metric("auth_password_checks_total") as Record<string, number>).worked ?? 0;
  for (const [username, address] of [
    ["alice", "192.0.2.1"],
    ["nobody", "192.0.2.2"],
  ] as const) {
    const before = worked();
    const guess = { username, password: "guess", address };
    const found = await Promise.all(Array.from({ length: 20 }, () => at.admit(guess)));
    assert.deepEqual([new Set(found), worked() - before], [new Set(["credentials"]), 1], username);
  }
});

test("a burst of guesses gets no more of them than a row would", async (t) => {
  const { at } = await ground(t, [`alice:${hash}`]);
  const found = await Promise.all(
    Array.from({ length: 500 }, (_, index) => at.admit({ username: "alice", password: `guess ${index}` })),
  );
  const judged = found.filter((kind) => kind === "credentials").length;
  // Two are under way when the third fails.
  assert.ok(judged >= 3 && judged <= 5, `${judged}`);
  assert.equal(found.filter((kind) => kind === "backoff").length, 500 - judged);
  assert.equal(await at.admit({ username: "alice", password: "secret" }), "backoff");
  assert.ok(isUser(await at.admit({ username: "alice", password: "secret", address: "192.0.2.8" })));
});

test("a flood from many addresses is turned away at the bound, and a device that was in gets in", async (t) => {
  const slow = await makePbkdf2("secret", 20_000);
  const { at } = await ground(t, [`alice:${slow}`]);
  assert.ok(isUser(await at.admit({ username: "alice", password: "secret" })));
  const flood = Array.from({ length: 1_500 }, (_, index) =>
    at.admit({ username: "alice", password: `guess ${index}`, address: `10.0.${index % 50}.1` }),
  );
  // Each address fails at most a few times, and the rest of what waits is refused unseen.
  assert.ok(isUser(await at.admit({ username: "alice", password: "secret" })));
  assert.ok((at.metric("auth_password_queue") as number) <= 1_000);
  const { full } = at.metric("auth_password_queue_refused_total") as Record<string, number>;
  assert.ok((full ?? 0) >= 498, `${full}`);
  // A newcomer elsewhere does not wait for those who wait at an address with many.
  const newcomer = await at.admit({ username: "alice", password: "wrong", address: "10.9.9.9" });
  assert.ok(newcomer === "credentials" || newcomer === "unavailable", String(newcomer));
  await Promise.all(flood);
});

test("an unknown name costs the same work as a known one, unless a webhook knows further names", async (t) => {
  const { at } = await ground(t, [`alice:${hash}`]);
  assert.equal(await at.admit({ username: "nobody", password: "secret" }), "credentials");
  assert.deepEqual(at.metric("auth_password_checks_total"), { worked: 1, remembered: 0 });
  const other = await ground(t, [`alice:${hash}`], { authWebhook: { url: "http://127.0.0.1:1/" } });
  assert.equal(await other.at.admit({ username: "nobody", password: "secret" }), "unavailable");
  assert.deepEqual(other.at.metric("auth_password_checks_total"), { worked: 0, remembered: 0 });
});

test("what the file holds counts as soon as it changes, for those who are in as well", async (t) => {
  const { at, file } = await ground(t, [`alice:${hash}`, `bob:${hash}`]);
  const [alice, bob] = [
    await at.admit({ username: "alice", password: "secret" }),
    await at.admit({ username: "bob", password: "secret" }),
  ];
  assert.ok(isUser(alice) && isUser(bob));
  const { gate } = at.auth;
  // A gate may give further scopes to a principal, as a copy.
  assert.ok(gate.stands({ ...alice }) && gate.stands(bob));
  const changed = once(signalOf(gate), "abort");
  await writeFile(file, `alice:${await makePbkdf2("another", 100)}\nbob:${hash}\ncarol:${hash}\n`);
  await changed;
  assert.deepEqual([gate.stands({ ...alice }), gate.stands(bob)], [false, true]);
  assert.equal(await at.admit({ username: "alice", password: "secret" }), "credentials");
  assert.ok(isUser(await at.admit({ username: "alice", password: "another" })));
  assert.ok(isUser(await at.admit({ username: "carol", password: "secret" })));
  await writeFile(file, `alice:${hash}\nbob broken\n`);
  await at.files.reload();
  assert.deepEqual([at.files.faulty, at.metric("files_faulty")], [1, 1]);
  assert.ok(gate.stands(bob));
  assert.equal(await at.admit({ username: "alice", password: "secret" }), "credentials");
});

test("whoever is being looked at while the account goes is not let in", async (t) => {
  const slow = await makePbkdf2("secret", 200_000);
  const { at, file } = await ground(t, [`alice:${slow}`]);
  const late = at.admit({ username: "alice", password: "secret" });
  await writeFile(file, `bob:${hash}\n`);
  await at.files.reload();
  assert.equal(await late, "credentials");
});

test("a file that cannot be taken is a fault of the configuration that names file and line", async (t) => {
  const opened = (lines: string[]) => ground(t, lines).catch((error) => error);
  const error = await opened([`alice:${hash}`, "bob:hunter2", `alice:${hash}`]);
  assert.ok(error instanceof ConfigError);
  const [fault] = error.faults;
  assert.equal(fault?.path, "accounts.file");
  assert.match(
    fault?.message ?? "",
    /accounts", line 2: "bob": no hash.*; line 3: "alice" is in line 1 already/,
  );
  assert.ok(!fault?.message.includes("hunter2"));
});

for (const [file, reason] of [
  ["/nonexistent/accounts", /is no file .*causeway passwd makes one/],
  [tmpdir(), /is a directory/],
] as const)
  test(`${file} in place of a file is a fault of the configuration`, async (t) => {
    const error = await AuthGround.open(t, { accounts: { file } }).catch((error) => error);
    assert.ok(error instanceof ConfigError);
    assert.match(error.faults[0]?.message ?? "", reason);
  });

/** Aborted at the gate's next change. */
function signalOf(gate: AuthGround["auth"]["gate"]): AbortSignal {
  const controller = new AbortController();
  const end = gate.onChange(() => {
    end();
    controller.abort();
  });
  return controller.signal;
}
