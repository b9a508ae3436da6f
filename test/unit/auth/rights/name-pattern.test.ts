import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NamePattern, namePatternFault } from "../../../../src/auth/rights/name-pattern.js";

const of = (pattern: string, name: string) => {
  const captures = NamePattern.parse(pattern).match(name);
  return captures && Object.fromEntries(captures);
};

describe("a pattern of names", () => {
  for (const [pattern, name, expected] of [
    ["ana", "ana", {}],
    ["ana", "Ana", undefined],
    ["ana", "", undefined],
    ["*", "", {}],
    ["*", "anything", {}],
    ["a*", "a", {}],
    ["*a", "ba", {}],
    ["*a", "ab", undefined],
    ["a*a", "a", undefined],
    ["a*a", "aa", {}],
    ["a*b*c", "abbcc", {}],
    ["a*b*c", "acb", undefined],
    ["*.example.com", "x.example.com.example.com", {}],
    ["{id}", "", undefined],
    ["{id}", "x", { id: "x" }],
    ["dev-{id}", "dev-", undefined],
    ["dev-{id}", "dev-a-b", { id: "a-b" }],
    ["{org}-{id}", "a-b-c", { org: "a", id: "b-c" }],
    ["{org}-{id}", "-b", undefined],
    ["{org}--{id}", "---x", { org: "-", id: "x" }],
    ["{id}-x", "a-x-x", { id: "a-x" }],
    ["*-{id}", "-a", { id: "a" }],
    ["a.c", "abc", undefined],
    ["a(b", "a(b", {}],
    ["{id}", "a\nb", { id: "a\nb" }],
  ] as const)
    test(`${pattern} and ${JSON.stringify(name)}`, () => assert.deepEqual(of(pattern, name), expected));

  test("a capture may be called as the prototype's", () =>
    assert.equal(NamePattern.parse("{__proto__}-{constructor}").match("a-b")?.get("__proto__"), "a"));

  test("braces and stars of a literal name are its own", () => {
    assert.ok(NamePattern.literally("a*{b}").match("a*{b}"));
    assert.equal(NamePattern.literally("a*").match("ab"), undefined);
  });

  test("a hostile name does not take long", () => {
    const pattern = NamePattern.parse("*a*a*a*a*a*a*a*a*a*b");
    const before = process.cpuUsage();
    assert.equal(pattern.match("a".repeat(65_000)), undefined);
    assert.ok(process.cpuUsage(before).user < 1_000_000);
  });

  for (const [pattern, fault] of [
    ["a", undefined],
    ["a*b{c}", undefined],
    ["**", /between two/],
    ["*{id}", /between two/],
    ["{a}{b}", /between two/],
    ["{id", /written as \{name\}/],
    ["{a-b}", /written as \{name\}/],
    ["a}", /written as \{name\}/],
    ["{id}-{id}", /twice/],
  ] as const)
    test(`${pattern} is ${fault ? "refused" : "taken"}`, () =>
      fault
        ? assert.match(namePatternFault(pattern) ?? "", fault)
        : assert.equal(namePatternFault(pattern), undefined));
});
