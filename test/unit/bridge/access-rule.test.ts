import assert from "node:assert/strict";
import { test } from "node:test";
import { accessOf, matchesUser } from "../../../src/bridge/access-rule.js";

test("a star stands for any text, also none, and everything else for itself", () => {
  const cases: [pattern: string, user: string, matches: boolean][] = [
    ["ann", "ann", true],
    ["ann", "anna", false],
    ["ann", "Ann", false],
    ["*", "ann", true],
    ["op-*", "op-", true],
    ["op-*", "op-7", true],
    ["op-*", "top-7", false],
    ["*@example.org", "ann@example.org", true],
    ["*@example.org", "ann@example.org.evil", false],
    ["a*b*c", "abc", true],
    ["a*b*c", "a1b2b3c", true],
    ["a*b*c", "acb", false],
    ["ab*ba", "aba", false],
    ["ab*ba", "abba", true],
    ["a*a*a", "aa", false],
    ["**", "x", true],
    ["a.c", "abc", false],
    ["[ab]", "a", false],
  ];
  for (const [pattern, user, matches] of cases)
    assert.equal(matchesUser(pattern, user), matches, `${pattern} and ${user}`);
});

test("a form that is made to take long does not", () => {
  const began = performance.now();
  assert.equal(matchesUser(`${"a*".repeat(100)}b`, "a".repeat(255)), false);
  assert.ok(performance.now() - began < 1_000);
});

test("what a rule does not name it says nothing of; nobody in particular is none of the named", () => {
  const access = accessOf({ subscribe: ["*"], publish: ["ann", "op-*"], rpc: [] });
  assert.deepEqual(
    [access("subscribe", "bob"), access("publish", "bob"), access("publish", "op-1"), access("rpc", "ann")],
    [true, false, true, false],
  );
  assert.equal(access("history", "ann"), undefined);
  assert.equal(access("subscribe", ""), false);
});
