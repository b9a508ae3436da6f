import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fault } from "../../../../src/gateway/fault.js";
import type { Condition, Tags } from "../../../../src/gateway/shaping/filter.js";
import { Filters } from "../../../../src/gateway/shaping/filters.js";
import { tagFilter } from "../../../../src/gateway/shaping/tag-filter.js";
import { endsWithTail, matchesTopics } from "../../../../src/gateway/shaping/topic-filter.js";

type Node = Record<string, unknown>;

const leaf = (cmp: string, more: Node = {}, key = "topic"): Node => ({ key, cmp, ...more });
const text = (topic: string): Tags => ({ topic, encoding: undefined });
const bytes = (topic: string): Tags => ({ topic, encoding: "base64" });

const trees: [string, Node, yes: Tags[], no: Tags[]][] = [
  ["eq", leaf("eq", { val: "a/b" }), [text("a/b")], [text("a"), text("a/b/c")]],
  ["neq", leaf("neq", { val: "a" }), [text("b")], [text("a")]],
  ["in", leaf("in", { vals: ["a", "b"] }), [text("a"), text("b")], [text("c")]],
  ["nin", leaf("nin", { vals: ["a", "b"] }), [text("c")], [text("a")]],
  ["sw", leaf("sw", { val: "dev" }), [text("devices")], [text("a/dev")]],
  ["ew", leaf("ew", { val: "ature" }), [text("a/temperature")], [text("a/temperature/x")]],
  ["ct", leaf("ct", { val: "/b/" }), [text("a/b/c")], [text("a/b")]],
  [
    "gt",
    leaf("gt", { val: "9" }),
    [text("10"), text("9.5")],
    [text("9"), text("-10"), text("a"), text("1e9")],
  ],
  ["gte", leaf("gte", { val: "9.0" }), [text("9"), text("+9")], [text("8.99"), text("")]],
  ["lt", leaf("lt", { val: "-1" }), [text("-1.5")], [text("-1"), text("0")]],
  ["lte", leaf("lte", { val: "10" }), [text("9"), text("10")], [text("10.1"), text(" 9")]],
  ["ex of a tag that some have", leaf("ex", {}, "encoding"), [bytes("a")], [text("a")]],
  ["nex of it", leaf("nex", {}, "encoding"), [text("a")], [bytes("a")]],
  ["eq of it", leaf("eq", { val: "base64" }, "encoding"), [bytes("a")], [text("a")]],
  ["neq of a tag that is not there", leaf("neq", { val: "x" }, "no such"), [text("a")], []],
  ["nin of one", leaf("nin", { vals: ["x"] }, "no such"), [text("a")], []],
  ["in of one", leaf("in", { vals: ["x"] }, "no such"), [], [text("a")]],
  ["gt of one", leaf("gt", { val: "0" }, "no such"), [], [text("1")]],
  ["a tag that objects inherit", leaf("ex", {}, "toString"), [], [text("a")]],
  [
    "and",
    { op: "and", nodes: [leaf("sw", { val: "a" }), leaf("ew", { val: "z" })] },
    [text("a..z")],
    [text("a"), text("z")],
  ],
  [
    "or",
    { op: "or", nodes: [leaf("eq", { val: "a" }), leaf("eq", { val: "b" })] },
    [text("a"), text("b")],
    [text("c")],
  ],
  ["not", { op: "not", nodes: [leaf("eq", { val: "a" })] }, [text("b")], [text("a")]],
  [
    "a tree",
    { op: "and", nodes: [leaf("sw", { val: "a" }), { op: "not", nodes: [leaf("ex", {}, "encoding")] }] },
    [text("ab")],
    [bytes("ab"), text("b")],
  ],
  ["an operation that is empty", { op: "", ...leaf("eq", { val: "a" }) }, [text("a")], [text("b")]],
];

for (const [what, tree, yes, no] of trees)
  test(`${what} wants what it should`, () => {
    const filter = new Filters().share(tagFilter(tree));
    // Twice, since it remembers.
    for (const tags of [...yes, ...yes]) assert.equal(filter.wants(tags), true, JSON.stringify(tags));
    for (const tags of [...no, ...no]) assert.equal(filter.wants(tags), false, JSON.stringify(tags));
    for (const tags of yes) assert.equal(filter.concerns(tags.topic), true);
  });

const nested = (depth: number): Node =>
  depth === 0 ? leaf("ex") : { op: "not", nodes: [nested(depth - 1)] };

const wrong: [Node, RegExp][] = [
  [{}, /: subscribe\.tf\.key must name a tag/],
  [{ key: "topic" }, /tf\.cmp must be one of eq, neq, in, nin, ex/],
  [leaf("like", { val: "a" }), /tf\.cmp must be one of/],
  [leaf("toString", { val: "a" }), /tf\.cmp must be one of/],
  [leaf("eq"), /tf\.val must be a string that is not empty/],
  [leaf("eq", { val: 7 }), /tf\.val must be a string/],
  [leaf("gt", { val: "warm" }), /tf\.val must be a number, not "warm"/],
  [leaf("in", { val: "a" }), /tf\.vals must be a list of strings/],
  [leaf("in", { vals: [] }), /tf\.vals must be a list/],
  [leaf("nin", { vals: ["a", 1] }), /tf\.vals must be a list of strings/],
  [{ op: "xor", nodes: [leaf("ex")] }, /tf\.op must be and, or, not or empty, not "xor"/],
  [{ op: "and" }, /tf\.nodes must be a list of nodes/],
  [{ op: "or", nodes: [] }, /tf\.nodes must be a list of nodes/],
  [{ op: "not", nodes: [leaf("ex"), leaf("ex")] }, /tf\.nodes must hold exactly one node/],
  [{ op: "and", nodes: [leaf("ex"), "a"] }, /tf\.nodes\[1\] must be an object/],
  [
    { op: "or", nodes: [leaf("ex"), { op: "not", nodes: [leaf("eq")] }] },
    /tf\.nodes\[1\]\.nodes\[0\]\.val must/,
  ],
  [nested(10), /nested more than 10 levels deep/],
  [
    { op: "or", nodes: Array.from({ length: 100 }, () => leaf("ex")) },
    /tf\.nodes\[99\] is one of more than 100/,
  ],
];

for (const [tree, message] of wrong)
  test(`${JSON.stringify(tree).slice(0, 60)} is refused, with the place`, () =>
    assert.throws(
      () => tagFilter(tree),
      (fault: Fault) => fault.code === 107 && message.test(fault.message),
    ));

test("a tree at the limits is taken", () => {
  assert.equal(tagFilter(nested(9)).holds(text("a")), false);
  const wide = { op: "or", nodes: Array.from({ length: 99 }, () => leaf("ex")) };
  assert.equal(tagFilter(wide).holds(text("a")), true);
});

const topicConditions: [string, Condition, yes: string[], no: string[]][] = [
  [
    "topic filters",
    matchesTopics(["+/temperature", "devices/7/#"]),
    ["a/temperature", "devices/7", "devices/7/a/b"],
    ["a/b/temperature", "devices/70", "$SYS/temperature"],
  ],
  ["one topic filter", matchesTopics("a/+"), ["a/b"], ["a", "a/b/c"]],
  [
    "a tail",
    endsWithTail("temperature"),
    ["temperature", "a/temperature", "a/b/temperature"],
    ["a/xtemperature", "temperature/a"],
  ],
  ["a tail of two levels", endsWithTail("x/y"), ["x/y", "a/x/y"], ["y", "ax/y"]],
  ["several tails", endsWithTail(["a", "b"]), ["a", "1/b"], ["c"]],
];

for (const [what, { holds }, yes, no] of topicConditions)
  test(`${what} match the topics they should`, () => {
    for (const topic of yes) assert.equal(holds(text(topic)), true, topic);
    for (const topic of no) assert.equal(holds(text(topic)), false, topic);
  });

const wrongTopics: [() => unknown, RegExp][] = [
  [
    () => matchesTopics(["a", "a/#/b"]),
    /subscribe\.data\.topics\[1\] "a\/#\/b": # must be the whole last level/,
  ],
  [() => matchesTopics([]), /topics must be a string or a list of 1 to 100/],
  [() => matchesTopics(Array.from({ length: 101 }, () => "a")), /list of 1 to 100/],
  [() => matchesTopics(7), /topics must be a string/],
  [() => matchesTopics([["a"]]), /topics\[0\] must be a string/],
  [() => endsWithTail("+/a"), /topicTail "\+\/a": a topic name must not contain the wildcards/],
  [() => endsWithTail(""), /topicTail "": a topic must not be empty/],
];

for (const [make, message] of wrongTopics)
  test(`${message.source} is said of what is wrong`, () =>
    assert.throws(make, (fault: Fault) => fault.code === 107 && message.test(fault.message)));

test("who asks for the same has the same filter, and it goes with the last of them", () => {
  const filters = new Filters();
  const one = filters.share(tagFilter({ key: "topic", cmp: "eq", val: "a" }));
  const other = filters.share(tagFilter({ val: "a", cmp: "eq", key: "topic" }));
  const different = filters.share(tagFilter({ key: "topic", cmp: "eq", val: "b" }));
  assert.equal(one, other);
  assert.notEqual(one, different);
  one.release();
  assert.equal(filters.size, 2);
  other.release();
  different.release();
  assert.equal(filters.size, 0);
});

test("a topic concerns a filter when it wants one of the two encodings", () => {
  const filter = new Filters().share(tagFilter(leaf("eq", { val: "base64" }, "encoding")));
  assert.equal(filter.concerns("a"), true);
  assert.deepEqual([filter.wants(text("a")), filter.wants(bytes("a"))], [false, true]);
});
