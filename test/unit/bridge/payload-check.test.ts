import assert from "node:assert/strict";
import { test } from "node:test";
import type { PayloadLimits } from "../../../src/bridge/options.js";
import { CheckTooSlow, limitFaults, PayloadCheck } from "../../../src/bridge/payload-check.js";
import type { JsonSchema } from "../../../src/bridge/payload-schema.js";
import { Fault } from "../../../src/gateway/fault.js";

/** What becomes of the data: the payload's text, or the error. */
function take(limits: PayloadLimits, data: string, encoding?: "base64"): string {
  try {
    return new PayloadCheck(limits).payloadOf({ data, encoding }).toString();
  } catch (error) {
    assert.ok(error instanceof Fault);
    return `${error.code} ${error.message}`;
  }
}

const level: JsonSchema = {
  type: "object",
  properties: { level: { type: "integer", maximum: 10 } },
  additionalProperties: false,
};

test("without limits any data is taken, as it is written", () => {
  assert.equal(take({}, '{"a":1.50, "a":2}'), '{"a":1.50, "a":2}');
  assert.equal(take({}, '"text"'), "text");
  assert.equal(take({}, '"AAE="', "base64"), "\u0000\u0001");
});

test("the size counts bytes of the payload", () => {
  assert.equal(take({ maxSize: 4 }, '"\\u00e9\\u00e9"'), "éé");
  assert.equal(
    take({ maxSize: 3 }, '"éé"'),
    "107 bad request: data is 4 bytes; this channel takes at most 3",
  );
  assert.equal(
    take({ maxSize: 2 }, '"AAEC"', "base64"),
    "107 bad request: data is 3 bytes; this channel takes at most 2",
  );
});

test("a schema says which data is taken, unchanged", () => {
  assert.equal(take({ schema: level }, '{ "level": 7.0 }'), '{ "level": 7.0 }');
  assert.equal(take({ schema: level }, '{"level":11}'), "107 bad request: /level must be <= 10");
});

test("bytes do not conform to anything", () => {
  assert.match(take({ schema: {} }, '"e30="', "base64"), /^107 .* not base64$/);
});

test("what is checked is what arrives at the device", () => {
  const both = { ...level, type: ["object", "string"] };
  assert.equal(take({ schema: both }, '"reset"'), "reset");
  assert.match(
    take({ schema: both }, '"{\\"level\\":99}"'),
    /level must be <= 10/,
    "JSON in a string is JSON",
  );
  assert.match(take({ schema: level }, '{"level":99,"level":1}'), /two members of the same name/);
  assert.match(take({ schema: level }, '{"level":1,"\\u006cevel":2}'), /two members of the same name/);
  assert.match(take({ schema: {} }, '[{"a":{"x":1,"y":":","x":2}}]'), /two members of the same name/);
  assert.equal(
    take({ schema: {} }, '{"a\\":":{"b":":"},"c":[{"b":"\\\\"}]}'),
    '{"a\\":":{"b":":"},"c":[{"b":"\\\\"}]}',
  );
});

test("neither size nor depth of data makes a check long", () => {
  const tree = { $ref: "#/$defs/tree", $defs: { tree: { type: "array", items: { $ref: "#/$defs/tree" } } } };
  assert.match(take({ schema: tree }, "[".repeat(30_000) + "]".repeat(30_000)), /more than 100 levels deep/);
  assert.match(
    take({ schema: {} }, `"${"x".repeat(70_000)}"`),
    /is 70000 bytes; this channel takes at most 65536/,
  );
});

const slow: [string, JsonSchema, string][] = [
  ["a pattern that tries all ways", { type: "string", pattern: "^(a+)+$" }, `"${"a".repeat(60)}b"`],
  [
    "a reference that tries all ways",
    {
      $ref: "#/$defs/a",
      $defs: {
        a: {
          anyOf: [
            { type: "array", items: { $ref: "#/$defs/a" }, minItems: 1, maxItems: 1 },
            { type: "array", items: { $ref: "#/$defs/a" }, minItems: 1, maxItems: 2 },
          ],
        },
      },
    },
    "[".repeat(80) + "]".repeat(80),
  ],
];
const items = Array.from({ length: 7_000 }, (_, n) => `[[${n}]]`).join();
slow.push(["a comparison of all with all", { type: "array", uniqueItems: true }, `[${items}]`]);

for (const [what, schema, data] of slow)
  test(`a check that takes for ever is broken off, and not begun again at once: ${what}`, () => {
    const check = new PayloadCheck({ schema });
    const before = performance.now();
    assert.throws(() => check.payloadOf({ data }), CheckTooSlow);
    const one = performance.now() - before;
    for (let i = 0; i < 100; i++)
      assert.throws(
        () => check.payloadOf({ data }),
        /data cannot be checked just now; the server's log says why/,
      );
    assert.ok(performance.now() - before < 3 * one + 1_000, "a hundred more took no time");
    assert.equal(new PayloadCheck({ schema: {} }).payloadOf({ data: "1" }).toString(), "1", "others go on");
  });

test("limits are judged before anything starts", () => {
  assert.deepEqual(limitFaults("publish", undefined), []);
  assert.deepEqual(limitFaults("publish", { maxSize: 10_000_000 }), []);
  assert.deepEqual(limitFaults("publish", { maxSize: 65_536, schema: level }), []);
  assert.deepEqual(
    limitFaults("request", { maxSize: 65_537, schema: { type: "x" } }).map(({ path }) => path),
    ["request.schema", "request.maxSize"],
  );
});
