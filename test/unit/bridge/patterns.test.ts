import assert from "node:assert/strict";
import { test } from "node:test";
import { ChannelPattern } from "../../../src/bridge/channel-pattern.js";
import { ChannelRule } from "../../../src/bridge/channel-rule.js";
import { overlap } from "../../../src/bridge/overlap.js";
import { piecesOf } from "../../../src/bridge/pieces.js";
import { TopicTemplate } from "../../../src/bridge/topic-template.js";

const names: [string, string, Record<string, string> | undefined][] = [
  ["telemetry", "telemetry", {}],
  ["telemetry", "telemetry2", undefined],
  ["device:{id}", "device:7", { id: "7" }],
  ["device:{id}", "device:", undefined],
  ["device:{id}", "device:a/b", undefined],
  ["device:{id}", "device:+", undefined],
  ["device:{id}", "device:a#", undefined],
  ["device:{id}", "device:a\u0000", undefined],
  ["device:{id}", "device:a\nb", { id: "a\nb" }],
  ["device:{id}", "Device:7", undefined],
  ["{a}:{b}", "1:2", { a: "1", b: "2" }],
  ["{a}:{b}", "1:2:3", { a: "1", b: "2:3" }],
  ["{a}:{b}", ":2", undefined],
  ["{a}:{b}", "1:", undefined],
  ["{a}:{b}:end", "1:2:end", { a: "1", b: "2" }],
  ["{a}:{b}:end", "1:2:end:end", { a: "1", b: "2:end" }],
  ["{a}-x", "1-x-x", { a: "1-x" }],
  ["{a}-x", "-x", undefined],
  ["{a}.{rest...}", "1.x/y/z", { a: "1", rest: "x/y/z" }],
  ["{rest...}", "a/#", undefined],
];

for (const [pattern, name, expected] of names) {
  test(`${pattern} reads ${JSON.stringify(name)} as ${JSON.stringify(expected)}`, () => {
    const captures = new ChannelPattern(pattern).match(name);
    assert.deepEqual(captures && Object.fromEntries(captures), expected);
    if (captures) assert.equal(new ChannelPattern(pattern).fill(captures), name);
  });
}

test("a hostile name is read in no time", () => {
  const pattern = new ChannelPattern("{a}-{b}-{c}-{d}-{e}-{f}.");
  const before = performance.now();
  assert.equal(pattern.match("-".repeat(255)), undefined);
  assert.ok(performance.now() - before < 1_000);
});

const topics: [string, string, Record<string, string> | undefined][] = [
  ["devices/{id}/#", "devices/7/a/b", { id: "7" }],
  ["devices/{id}/#", "devices/7", { id: "7" }],
  ["devices/{id}/#", "devices//a", undefined],
  ["devices/{id}/#", "devices", undefined],
  ["devices/{id}/+/x", "devices/7/a/x", { id: "7" }],
  ["devices/{id}/+/x", "devices/7/a/y", undefined],
  ["devices/{id}", "devices/7/a", undefined],
  ["raw/{rest...}", "raw/a/b", { rest: "a/b" }],
  ["raw/{rest...}", "raw", undefined],
  ["{id}/x", "$SYS/x", undefined],
  ["$SYS/{id}", "$SYS/x", { id: "x" }],
  ["{a}/{b}", "__proto__/constructor", { a: "__proto__", b: "constructor" }],
];

for (const [template, topic, expected] of topics) {
  test(`${template} reads ${topic} as ${JSON.stringify(expected)}`, () => {
    const captures = new TopicTemplate(template).match(topic);
    assert.deepEqual(
      captures && [...captures],
      expected && Object.entries(JSON.parse(JSON.stringify(expected))),
    );
  });
}

test("a template gives the filter of one channel and of all", () => {
  const template = new TopicTemplate("devices/{id}/+/{rest...}");
  assert.equal(template.wildcard, "devices/+/+/#");
  assert.equal(
    template.fill(
      new Map([
        ["id", "7"],
        ["rest", "a/b"],
      ]),
    ),
    "devices/7/+/a/b",
  );
});

test("a capture does not reach the server's own topics", () => {
  assert.equal(new TopicTemplate("{id}/x").fill(new Map([["id", "$SYS"]])), undefined);
  assert.equal(new TopicTemplate("$share-not/{id}").fill(new Map([["id", "x"]])), "$share-not/x");
});

test("a topic whose channel name would be read otherwise has no channel", () => {
  const rule = new ChannelRule({
    channel: "{a}:{b}",
    topics: ["t/{a}/{b}"],
    snapshot: true,
    presence: false,
    requireToken: false,
    whenSlow: "close",
    delta: true,
  });
  assert.equal(rule.nameOf("t/1/2:3", 0), "1:2:3");
  assert.equal(rule.nameOf("t/1:2/3", 0), undefined);
  assert.equal(rule.nameOf(`t/${"x".repeat(255)}/y`, 0), undefined);
});

const overlaps: [string, string, boolean][] = [
  ["a", "a", true],
  ["a", "b", false],
  ["a:{x}", "a:1", true],
  ["a:{x}", "a:", false],
  ["a:{x}", "b:{x}", false],
  ["{x}:a", "b:{y}", true],
  ["{x}:a", "{y}:b", false],
  ["{x}", "a/b", false],
  ["{x...}", "a/b", true],
  ["{x}", "a+b", false],
  ["{x}/{y}", "{z}", false],
  ["{x}/{y}", "a/{z...}", true],
  ["a{x}c", "ab{y}", true],
  ["a{x}c", "a{y}d", false],
];

for (const [left, right, expected] of overlaps) {
  test(`${left} and ${right} ${expected ? "have" : "do not have"} a name in common`, () => {
    assert.equal(overlap(piecesOf(left), piecesOf(right)), expected);
    assert.equal(overlap(piecesOf(right), piecesOf(left)), expected);
  });
}
