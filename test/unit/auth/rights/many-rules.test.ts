import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAcl } from "../../../../src/auth/rights/acl-file.js";
import { engineOf, principalOf, type Written } from "./ground.js";

const COUNT = 100_000;
/** Many times what it takes, and far from what it would take were each rule looked at for each client. */
const CPU_MS = 15_000;
const everything = ["publish", "subscribe"] as const;

function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

test("100,000 rules of one user each, and each user asks", () => {
  const rules = Array.from(
    { length: COUNT },
    (_, index): Written => ({
      allow: everything,
      topics: [`devices/${index}/#`],
      users: [`u${index}`],
    }),
  );
  const spent = cpuOf(() => {
    const engine = engineOf(rules);
    for (let index = 0; index < COUNT; index++) {
      const rights = engine.rightsOf(principalOf(`u${index}`), "c");
      assert.equal(rights?.mayPublish(`devices/${index}/x`, 1, true), true);
      assert.equal(rights?.mayPublish(`devices/${index + 1}/x`, 1, true), false);
    }
  });
  assert.ok(spent < CPU_MS, `${spent} ms`);
});

test("100,000 rules for everybody, some of which deny", () => {
  const rules = Array.from({ length: COUNT }, (_, index): Written => {
    const topics = [`devices/${index >> 1}/#`];
    return index % 2 === 0 ? { allow: everything, topics } : { deny: everything, topics };
  });
  const spent = cpuOf(() => {
    const rights = engineOf([...rules, { allow: everything, topics: ["area/%u"] }]).rightsOf(
      principalOf("ana"),
      "c",
    );
    for (let index = 0; index < COUNT; index++) assert.equal(rights?.mayReceive(`devices/${index}`), false);
    assert.equal(rights?.readable("devices/#"), undefined);
    assert.deepEqual(rights?.readable("area/+"), { qos: 2, whole: false });
  });
  assert.ok(spent < CPU_MS, `${spent} ms`);
});

test("an acl_file of 100,000 users", () => {
  const text = Array.from({ length: COUNT }, (_, index) => `user u${index}\ntopic d/${index}/#\n`).join("");
  const spent = cpuOf(() => {
    const engine = engineOf([], parseAcl(text, "acl"));
    const rights = engine.rightsOf(principalOf(`u${COUNT - 1}`), "c");
    assert.equal(rights?.mayReceive(`d/${COUNT - 1}/x`), true);
    assert.equal(rights?.mayReceive("d/0/x"), false);
  });
  assert.ok(spent < CPU_MS, `${spent} ms`);
});
