import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { scryptSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { HashFault } from "../../../../src/auth/accounts/hash-fault.js";
import { parseHash } from "../../../../src/auth/accounts/hash-formats.js";
import { makePbkdf2 } from "../../../../src/auth/accounts/pbkdf2.js";
import { makeScrypt } from "../../../../src/auth/accounts/scrypt.js";

const HASH = Buffer.alloc(64, 7).toString("base64");
const SALT = Buffer.alloc(12, 1).toString("base64");

for (const flags of [[], ["-H", "sha512-pbkdf2"], ["-H", "sha512"]])
  for (const password of ["secret", "pässwörd: $7$ #", "x".repeat(200)])
    test(`mosquitto_passwd ${flags.join(" ")} with ${password.slice(0, 20)}`, async (t) => {
      const directory = mkdtempSync(join(tmpdir(), "causeway-hash-"));
      t.after(() => rmSync(directory, { recursive: true }));
      const file = join(directory, "accounts");
      writeFileSync(file, "");
      execFileSync("mosquitto_passwd", [...flags, "-b", file, "alice", password], { stdio: "ignore" });
      const hash = parseHash(readFileSync(file, "utf8").trim().slice("alice:".length));
      assert.equal(await hash.matches(password), true);
      for (const wrong of [`${password} `, password.slice(1), "", hash.text])
        assert.equal(await hash.matches(wrong), false, wrong.slice(0, 20));
    });

for (const [name, make] of [
  ["scrypt", makeScrypt],
  ["PBKDF2", (password: string) => makePbkdf2(password, 1_000)],
] as const)
  test(`what is made with ${name} is read, and is another each time`, async () => {
    const [one, other] = [await make("sesam öffne dich"), await make("sesam öffne dich")];
    assert.notEqual(one, other);
    assert.equal(await parseHash(one).matches("sesam öffne dich"), true);
    assert.equal(await parseHash(one).matches("sesam oeffne dich"), false);
  });

test("scrypt of other programs is read, with its own cost and with = at the end", async () => {
  const salt = Buffer.from("some salt");
  const hash = scryptSync("secret", salt, 64, { N: 2 ** 10, r: 4, p: 2 }).toString("base64");
  assert.ok(hash.endsWith("="));
  const text = `$scrypt$ln=10,r=4,p=2$${salt.toString("base64")}$${hash}`;
  assert.equal(await parseHash(text).matches("secret"), true);
  assert.equal(await parseHash(text).matches("Secret"), false);
});

test("the largest cost that is taken can be worked out", async () => {
  const text = `$scrypt$ln=17,r=8,p=1$${SALT}$${HASH}`;
  assert.equal(await parseHash(text).matches("secret"), false);
});

describe("refused, in words that hold nothing of it", () => {
  const refused: [string, string, RegExp][] = [
    ["plain text", "hunter2hunter2", /plain text is never taken/],
    ["nothing", "", /no hash follows the name/],
    ["Argon2", "$argon2id$v=19$m=47104,t=1,p=1$c2FsdA$aGFzaA", /Argon2/],
    ["bcrypt", "$2b$10$abcdefghijklmnopqrstuv", /bcrypt/],
    ["another kind", "$9$abc", /kind of its hash is not known/],
    ["crypt(3)", `$6$saltsalt$${"a".repeat(86)}`, /crypt\(3\)/],
    ["crypt(3) with rounds", `$6$rounds=5000$saltsalt$${"a".repeat(86)}`, /crypt\(3\)|form/],
    ["no iterations", `$7$0$${SALT}$${HASH}`, /iterations/],
    ["negative iterations", `$7$-1$${SALT}$${HASH}`, /iterations/],
    ["iterations with a fraction", `$7$1.5$${SALT}$${HASH}`, /iterations/],
    ["iterations that would stall", `$7$1000001$${SALT}$${HASH}`, /from 1 to 1000000/],
    ["too many iterations for a number", `$7$${"9".repeat(400)}$${SALT}$${HASH}`, /iterations/],
    ["a hash that is too short", `$7$101$${SALT}$${SALT}`, /64 bytes/],
    ["a hash that is too long", `$7$101$${SALT}$${HASH.slice(0, -2)}AA${HASH}`, /64 bytes|base64/],
    ["no base64", `$7$101$${SALT}$%%%%`, /its hash is not base64/],
    ["no salt", `$7$101$$${HASH}`, /its salt is not base64/],
    ["a part missing", `$7$101$${HASH}`, /form/],
    ["a part too many", `$7$101$${SALT}$${HASH}$x`, /form/],
    ["scrypt that takes too much memory", `$scrypt$ln=18,r=8,p=1$${SALT}$${HASH}`, /128 MiB/],
    ["scrypt that takes too much memory by r", `$scrypt$ln=1,r=9999,p=9999$${SALT}$${HASH}`, /128 MiB/],
    ["scrypt that takes too long", `$scrypt$ln=17,r=8,p=9$${SALT}$${HASH}`, /too long/],
    ["scrypt of no cost", `$scrypt$ln=0,r=8,p=1$${SALT}$${HASH}`, /is 0/],
    ["scrypt without its cost", `$scrypt$${SALT}$${HASH}`, /form/],
    ["scrypt with a short hash", `$scrypt$ln=10,r=8,p=1$${SALT}$AAAA`, /16 to 1024 bytes/],
  ];
  for (const [what, text, reason] of refused)
    test(what, () =>
      assert.throws(
        () => parseHash(text),
        (error) => {
          assert.ok(error instanceof HashFault);
          assert.match(error.message, reason);
          for (const part of text.split("$").filter((part) => part.length > 8))
            assert.ok(!error.message.includes(part), error.message);
          return true;
        },
      ),
    );
});
