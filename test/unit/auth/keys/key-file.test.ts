import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "yaml";
import { parseKeys } from "../../../../src/auth/keys/key-file.js";
import { hashOf, makeKey } from "../../../../src/auth/keys/key-text.js";
import { loadConfig } from "../../../../src/config/load.js";
import { place } from "../support/tokens.js";

const key = makeKey();
const good = { name: "a", hash: hashOf(key), scopes: ["read"] };

test("an empty file, and one with a comment only, holds no keys", () => {
  for (const text of ["", "\n", "# nothing yet\n", "[]", "---\n"]) assert.deepEqual(parseKeys(text), []);
});

test("a name may be of any language, and of several words", () => {
  for (const name of ["Ann's laptop", "Kühlhaus 7", "api.keys[0]", "a".repeat(64), "\u{1F600}"])
    assert.equal(parseKeys(stringify([{ ...good, name }]))[0]?.name, name);
});

const bad: [string, unknown, RegExp][] = [
  ["no list", { a: good }, /the file is to hold a list of keys/],
  ["a text", "keys", /the file is to hold a list of keys/],
  ["an entry that is none", [good, 7], /key 2: /],
  ["no name", [{ ...good, name: undefined }], /key 1, name: a name of 1 to 64/],
  ["a name with a mark", [{ ...good, name: "a#1" }], /key 1, name: a name of 1 to 64/],
  ["a name that begins with a space", [{ ...good, name: " a" }], /key 1, name: a name of 1 to 64/],
  ["a name of two lines", [{ ...good, name: "a\nb" }], /name: a name of 1 to 64/],
  ["a long name", [{ ...good, name: "a".repeat(65) }], /name: a name of 1 to 64/],
  ["the key itself", [{ ...good, hash: key }], /hash: a hash, as causeway key writes it/],
  ["another digest", [{ ...good, hash: `md5:${"a".repeat(43)}` }], /hash: a hash/],
  ["a hash that is a number", [{ ...good, hash: 7 }], /hash: a hash/],
  ["no scopes", [{ ...good, scopes: [] }], /key 1, scopes: /],
  ["an unknown scope", [{ ...good, scopes: ["read", "write"] }], /key 1, scopes\.1: .*connect/],
  ["a scope alone", [{ ...good, scopes: "read" }], /scopes: a list of connect, publish/],
  ["a user that is a number", [{ ...good, user: 7 }], /key 1, user: /],
  ["a user that is nothing", [{ ...good, user: null }], /key 1, user: /],
  ["an end that is no date", [{ ...good, expires: "tomorrow" }], /expires: a date such as 2027-01-31/],
  ["an end that cannot be", [{ ...good, expires: "2027-02-30" }], /expires: a date such as/],
  ["an end without a zone", [{ ...good, expires: "2027-01-31T12:00:00" }], /expires: a date such as/],
  ["an end that is a year", [{ ...good, expires: 2027 }], /expires: a date such as/],
  ["a misspelt member", [{ ...good, expire: "2027-01-31" }], /key 1: .*expire/],
  ["a name twice", [good, { ...good, hash: hashOf("b") }], /two keys of the name a/],
  ["a key twice", [good, { ...good, name: "b" }], /the same key twice: a, b/],
  ["a key for a prototype", [{ ...good, __proto__x: 1 }], /key 1: /],
];
for (const [what, value, reason] of bad)
  test(`a file with ${what} is refused by name, and no hash is shown`, (t) => {
    const file = place(t).write("keys.yaml", stringify(value, { aliasDuplicateObjects: false }));
    assert.throws(
      () => loadConfig({ env: {}, flags: { keys: { file } } }),
      (error: Error) => {
        assert.match(error.message, reason);
        assert.ok(error.message.includes(`keys.file: "${file}" `), error.message);
        assert.ok(!error.message.includes(good.hash.slice(7)) && !error.message.includes(key), error.message);
        return true;
      },
    );
  });

for (const [what, text] of [
  ["no YAML", `- name: a\n  hash: "${good.hash}\n  x: {`],
  ["aliases without end", "- &a [x]\n- *a\n- *a"],
] as const)
  test(`a file with ${what} is refused without a line of it`, () => {
    assert.throws(
      () => parseKeys(text),
      (error: Error) =>
        !error.message.includes(good.hash.slice(7)) && /YAML|cannot be taken/.test(error.message),
    );
  });

test("a file has at most 10000 keys", () => {
  const entry = (i: number) => ({ ...good, name: `k${i}`, hash: hashOf(`${i}`) });
  const keys = Array.from({ length: 10_001 }, (_, i) => entry(i));
  assert.throws(() => parseKeys(JSON.stringify(keys)), /10000/);
  assert.equal(parseKeys(JSON.stringify(keys.slice(1))).length, 10_000);
});
