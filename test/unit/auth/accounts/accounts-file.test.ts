import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAccounts } from "../../../../src/auth/accounts/accounts-file.js";
import { withAccount, withoutAccount } from "../../../../src/auth/accounts/edit-accounts.js";
import { makePbkdf2 } from "../../../../src/auth/accounts/pbkdf2.js";

const hash = await makePbkdf2("secret", 101);
const other = await makePbkdf2("other", 101);

test("comments, empty lines, ends of lines of Windows and white space around names are no matter", () => {
  const text = `\uFEFF# accounts\r\n\r\nalice:${hash}\r\n  \n bob : ${other} \n#carol:${hash}\n__proto__:${hash}`;
  const { accounts, faults } = parseAccounts(text);
  assert.deepEqual(faults, []);
  assert.deepEqual([...accounts.keys()], ["alice", "bob", "__proto__"]);
  assert.equal(accounts.get("bob")?.text, other);
  assert.equal(accounts.get("toString"), undefined);
});

test("every fault names its line, and none shows a hash or a line without a name", () => {
  const lines = [
    "# first",
    "justapassword",
    `alice:${hash}`,
    `:${hash}`,
    "bob:plaintext",
    `alice:${other}`,
    `carol\u0007:${hash}`,
    `${"x".repeat(100)}:nohash`,
    "dave:",
  ];
  const { accounts, faults } = parseAccounts(lines.join("\n"));
  assert.deepEqual([...accounts.keys()], ["alice"]);
  assert.deepEqual(
    faults.map(({ line }) => line),
    [2, 4, 5, 6, 7, 8, 9],
  );
  const text = faults.map(({ message }) => message).join("\n");
  for (const secret of ["justapassword", "plaintext", "nohash", hash.slice(8, 20), other.slice(8, 20)])
    assert.ok(!text.includes(secret), text);
  assert.match(faults[3]?.message ?? "", /"alice" is in line 3 already/);
  assert.ok((faults[5]?.message.length ?? 0) < 300);
});

test("50,000 accounts are read", () => {
  const text = Array.from({ length: 50_000 }, (_, index) => `device-${index}:${hash}\n`).join("");
  assert.equal(parseAccounts(text).accounts.size, 50_000);
});

test("setting an account leaves every other line as it is", () => {
  const text = `# mine\n\nalice:${hash}\nbroken\n bob :${hash}\r\n`;
  assert.equal(withAccount(text, "carol", "H"), `${text}carol:H\n`);
  assert.equal(withAccount(text, "bob", "H"), `# mine\n\nalice:${hash}\nbroken\nbob:H\n`);
  assert.equal(withAccount(`a:1\nb:2\na:3`, "a", "H"), "a:H\nb:2\n");
  assert.equal(withAccount("", "a", "H"), "a:H\n");
});

test("removing an account takes its lines and no others", () => {
  assert.equal(withoutAccount("a:1\n# a:1\nb:2\na:3\n", "a"), "# a:1\nb:2\n");
  assert.equal(withoutAccount("a:1\n", "b"), undefined);
  assert.equal(withoutAccount("a:1\n", "a"), "");
});
