import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { parse } from "yaml";
import { ConfigError } from "../../../src/config/fault.js";
import { loadConfig } from "../../../src/config/load.js";
import { readRightsFile } from "../../../src/config/rights-file.js";
import type { ConfigInput } from "../../../src/config/schema.js";

type Rule = NonNullable<NonNullable<ConfigInput["rights"]>["rules"]>[number];

function faultsOf(rights: ConfigInput["rights"]): string[] {
  try {
    loadConfig({ env: {}, flags: { rights } });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.faults.map(({ path, message }) => `${path}: ${message}`);
  }
}

function fileOf(t: TestContext, text: string): string {
  const home = mkdtempSync(join(tmpdir(), "causeway-rights-"));
  t.after(() => rmSync(home, { recursive: true }));
  writeFileSync(join(home, "rights"), text);
  return join(home, "rights");
}

describe("a rule that is taken", () => {
  const taken: Rule[] = [
    { allow: ["publish", "subscribe"], topics: ["a/%u/+/#"] },
    { deny: ["publish"], topics: ["a"], qos: 1, retain: true },
    { allow: ["presence", "history", "rpc"], channels: ["room:*"] },
    { allow: ["subscribe", "presence"], topics: ["a"], channels: ["a"] },
    { allow: ["subscribe"], topics: ["d/{id}/{site}"], users: ["d-{id}"], clients: ["{site}:*"] },
    { allow: ["subscribe"], topics: ["a"], anonymous: true, clients: ["c"] },
    { allow: ["subscribe"], channels: ["mqtt:a/#"], qos: 0 },
    { allow: ["subscribe"], channels: ["mqtt:a/*", "mqtt:*", "*"] },
  ];
  for (const rule of taken)
    test(JSON.stringify(rule), () => assert.deepEqual(faultsOf({ rules: [rule] }), []));
});

describe("a rule that is refused", () => {
  const refused: [Rule, RegExp][] = [
    [{ topics: ["a"] }, /^rights\.rules\[0\]: a rule has either allow or deny$/],
    [{ allow: ["publish"], deny: ["publish"], topics: ["a"] }, /either allow or deny/],
    [{ allow: ["publish"] }, /needs topics, channels or both/],
    [{ allow: ["publish", "presence"], topics: ["a"] }, /rules\[0\]\.allow: presence: only in channels/],
    [{ allow: ["publish"], topics: ["a"], anonymous: true, users: ["a"] }, /anonymous: .* leave out users/],
    [{ allow: ["publish"], channels: ["a"], qos: 1 }, /qos: only topics have a QoS/],
    [{ allow: ["subscribe"], topics: ["a"], retain: true }, /retain: only for a rule about publishing/],
    [{ allow: ["publish"], topics: ["ok", "a/#/b"] }, /rules\[0\]\.topics\[1\]: "a\/#\/b": # must be/],
    [{ allow: ["publish"], topics: ["a/b+"] }, /\+ must be a whole level/],
    [{ allow: ["publish"], topics: ["$share/g/a"] }, /leave out \$share/],
    [{ allow: ["publish"], topics: ["d/{id}"] }, /\{id\} is captured neither by/],
    [{ allow: ["publish"], topics: ["d/{id}"], users: ["d-{id}", "admin"] }, /captured neither by every/],
    [
      { allow: ["publish"], channels: ["d:{id}"], users: ["*"] },
      /channels\[0\]: "d:\{id\}": \{id\} is captured/,
    ],
    [{ allow: ["publish"], channels: ["a*b"] }, /\* must be at the end/],
    [{ allow: ["publish"], channels: ["mqtt:a*"] }, /\* must be the whole last level/],
    [{ allow: ["publish"], channels: ["mqtt:a/#/b"] }, /# must be the whole last level/],
    [{ allow: ["publish"], topics: ["a"], users: ["a**"] }, /users\[0\]: "a\*\*"/],
    [{ allow: ["publish"], topics: ["a"], clients: ["{a"] }, /clients\[0\]: "\{a"/],
  ];
  for (const [rule, fault] of refused)
    test(JSON.stringify(rule), () => assert.match(faultsOf({ rules: [rule] }).join("\n"), fault));

  test("scopes of users that are no pattern", () =>
    assert.match(
      faultsOf({ scopes: [{ users: ["{a}{b}"], scopes: ["read"] }] }).join("\n"),
      /^rights\.scopes\[0\]\.users\[0\]: /,
    ));
});

test("the guide's rules are taken", () => {
  const guide = readFileSync(
    join(import.meta.dirname, "..", "..", "..", "docs", "guide", "rights.md"),
    "utf8",
  );
  const example = /```yaml\n([\s\S]+?)```/.exec(guide)?.[1] ?? "";
  const { rights } = parse(example) as ConfigInput;
  assert.equal(rights?.rules?.length, 7);
  assert.deepEqual(faultsOf(rights), []);
});

describe("files of rights", () => {
  test("are read when the configuration is checked", (t) => {
    assert.deepEqual(faultsOf({ aclFile: fileOf(t, "user ana\ntopic a\n") }), []);
    assert.match(
      faultsOf({ aclFile: fileOf(t, "topc a\n") }).join(),
      /^rights\.aclFile: .*rights:1: "topc" is none/,
    );
    assert.match(
      faultsOf({ file: fileOf(t, "rules: 1\n") }).join(),
      /^rights\.file: .*rights:1:1 rules: 1 is not/,
    );
    assert.match(faultsOf({ file: "/nowhere/rights.yaml" }).join(), /^rights\.file: .*there is no such file/);
    assert.match(faultsOf({ aclFile: "/nowhere/acl" }).join(), /^rights\.aclFile: .*ENOENT/);
  });

  test("say where their rules are", (t) => {
    const name = fileOf(
      t,
      "rules:\n  - {allow: [publish], topics: [a]}\n\n  -\n    deny: [publish]\n    topics: [b]\n",
    );
    const { rules, locate } = readRightsFile(name);
    assert.deepEqual(
      rules.map((_, index) => locate(["rules", index])),
      [`${name}:2`, `${name}:5`],
    );
  });

  test("of 100,000 rules are read in seconds", (t) => {
    const rules = Array.from(
      { length: 100_000 },
      (_, id) => `  - {allow: [publish], topics: [d/${id}], users: [u${id}]}\n`,
    );
    const name = fileOf(t, `rules:\n${rules.join("")}`);
    const before = process.cpuUsage();
    const file = readRightsFile(name);
    assert.equal(file.locate(["rules", 99_999]), `${name}:100001`);
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1_000 < 30_000, `${(user + system) / 1_000} ms`);
  });
});
