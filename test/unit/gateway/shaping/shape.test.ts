import assert from "node:assert/strict";
import { test } from "node:test";
import type { Features } from "../../../../src/gateway/channels.js";
import type { Fault } from "../../../../src/gateway/fault.js";
import { Filters } from "../../../../src/gateway/shaping/filters.js";
import { ruleShape, shapeOf } from "../../../../src/gateway/shaping/shape.js";

const features: Features = { presence: false, requireToken: false, whenSlow: "close", delta: true };
const tf = { key: "topic", cmp: "eq", val: "a" };

test("without wishes everything is as the rule says", () => {
  const all = { maxRate: undefined, newest: false, filter: undefined, delta: false };
  assert.deepEqual(ruleShape(features), all);
  assert.deepEqual(shapeOf(features, {}, new Filters()), all);
  assert.deepEqual(shapeOf(features, { data: null, tf: null, delta: "" }, new Filters()), all);
  const rule = { ...features, maxRate: 5, whenSlow: "newest" as const };
  assert.deepEqual(shapeOf(rule, {}, new Filters()), { ...all, maxRate: 5, newest: true });
});

test("a subscriber can lower the rule's rate, and not raise it", () => {
  const rateOf = (maxRate: number | undefined, asked: unknown) =>
    shapeOf({ ...features, maxRate }, { data: { maxRate: asked } }, new Filters()).maxRate;
  assert.deepEqual(
    [rateOf(undefined, 5), rateOf(10, "5/s"), rateOf(10, "1200/m"), rateOf(10, 10), rateOf(10, null)],
    [5, 5, 10, 10, 10],
  );
});

test("deltas are told where the rule allows it", () => {
  assert.equal(shapeOf(features, { delta: "fossil" }, new Filters()).delta, true);
  assert.equal(shapeOf({ ...features, delta: false }, { delta: "fossil" }, new Filters()).delta, false);
});

test("conditions hold together", () => {
  const data = { topics: ["+/temperature", "x/#"], topicTail: "temperature" };
  const { filter } = shapeOf(features, { data, tf: { ...tf, cmp: "neq" } }, new Filters());
  const wanted = ["a/temperature", "x/y/temperature", "x/y", "b/c/temperature", "a"].filter((topic) =>
    filter?.wants({ topic, encoding: undefined }),
  );
  assert.deepEqual(wanted, ["a/temperature", "x/y/temperature"]);
});

const wrong: [object, RegExp][] = [
  [{ data: "x" }, /subscribe\.data must be an object/],
  [{ data: [1] }, /subscribe\.data must be an object/],
  [
    { data: { maxrate: 5 } },
    /subscribe\.data can hold maxRate, topics, topicTail, and does not know "maxrate"/,
  ],
  [{ data: { maxRate: 0 } }, /subscribe\.data\.maxRate must be a rate such as 10\/s.* not "0"/],
  [{ data: { maxRate: "fast" } }, /not "fast"/],
  [{ data: { maxRate: {} } }, /maxRate must be a rate.* not an object/],
  [{ data: { maxRate: { toString: 1 } } }, /not an object/],
  [{ data: { maxRate: [[]] } }, /not a list/],
  [{ tf: { op: { toString: 1 } } }, /subscribe\.tf\.op must be .* not an object/],
  [{ data: { topics: "a/#/b" } }, /subscribe\.data\.topics "a\/#\/b"/],
  [{ data: { topicTail: 7 } }, /subscribe\.data\.topicTail must be a string/],
  [{ tf: { cmp: "eq" } }, /subscribe\.tf\.key/],
  [{ delta: "xdelta" }, /subscribe\.delta can only be "fossil", not "xdelta"/],
  [{ delta: "fossil", tf }, /subscribe\.delta and subscribe\.tf exclude each other/],
];

for (const [request, message] of wrong)
  test(`${JSON.stringify(request)} is refused`, () => {
    const filters = new Filters();
    assert.throws(
      () => shapeOf(features, request as never, filters),
      (fault: Fault) => fault.code === 107 && message.test(fault.message),
    );
    assert.equal(filters.size, 0);
  });
