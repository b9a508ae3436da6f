import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonSchema, PayloadSchema, schemaFault } from "../../../src/bridge/payload-schema.js";

const command = new PayloadSchema({
  type: "object",
  properties: {
    temperature: { type: "number", maximum: 30 },
    mode: { enum: ["heat", "cool"] },
    slots: { type: "array", items: { $ref: "#/$defs/slot" } },
  },
  required: ["mode"],
  additionalProperties: false,
  $defs: { slot: { type: "object", properties: { from: { type: "integer" } }, additionalProperties: false } },
});

test("what conforms has no fault", () => {
  assert.equal(command.faultOf({ mode: "heat", temperature: 21.5, slots: [{ from: 7 }] }), undefined);
});

const faults: [string, unknown, string][] = [
  ["the whole", [], "data must be object"],
  ["a member", { mode: "heat", temperature: "21" }, "/temperature must be number"],
  ["a bound", { mode: "heat", temperature: 31 }, "/temperature must be <= 30"],
  ["a missing member", {}, "data must have required property 'mode'"],
  [
    "a value that is not listed",
    { mode: "dry" },
    '/mode must be equal to one of the allowed values: ["heat","cool"]',
  ],
  [
    "a member that nobody wants",
    { mode: "heat", relay: true },
    'data must NOT have additional properties: "relay"',
  ],
  [
    "what a reference leads to",
    { mode: "heat", slots: [{}, { from: 1.5 }] },
    "/slots/1/from must be integer",
  ],
];
for (const [what, value, fault] of faults)
  test(`the fault says where and what was expected: ${what}`, () =>
    assert.equal(command.faultOf(value), fault));

test("of many faults a few are told", () => {
  const fault = command.faultOf({ mode: "heat", slots: Array.from({ length: 1_000 }, () => 7) });
  assert.equal(fault, "/slots/0 must be object; /slots/1 must be object; /slots/2 must be object; and more");
});

test("a fault is short, whatever a client calls its members", () => {
  const long = new PayloadSchema({
    type: "object",
    additionalProperties: { type: "object", additionalProperties: false },
  });
  const name = "x".repeat(50_000);
  const fault = long.faultOf({ [name]: { [name]: 1 }, [`${name}y`]: 1, [`${name}z`]: 1 }) ?? "";
  assert.ok(fault.length < 700, `${fault.length}`);
  assert.match(fault, /must be object/);
});

test("members that objects inherit are members like others", () => {
  const empty = new PayloadSchema({ type: "object", additionalProperties: false });
  for (const name of ["__proto__", "constructor", "toString"])
    assert.match(
      empty.faultOf(JSON.parse(`{"${name}":1}`)) ?? "",
      /must NOT have additional properties/,
      name,
    );
  const wants = new PayloadSchema({ type: "object", required: ["constructor", "__proto__"] });
  assert.match(wants.faultOf({}) ?? "", /required property/);
});

const broken: [string, JsonSchema, RegExp][] = [
  ["an unknown type", { type: "nmuber" }, /^\/type must be equal to one of the allowed values: \["array"/],
  ["a misplaced value", { type: "object", properties: { a: 1 } }, /^\/properties\/a must be object,boolean$/],
  ["an unknown keyword", { type: "object", requird: ["a"] }, /^unknown keyword: "requird"$/],
  [
    "a keyword of another type",
    { type: "string", minimum: 1 },
    /missing type "number" for keyword "minimum"/,
  ],
  [
    "a pattern that is none",
    { type: "string", pattern: "(" },
    /^Invalid regular expression: .*Unterminated group/,
  ],
  [
    "a format",
    { type: "string", format: "email" },
    /^format email is not checked; leave it out, or use pattern$/,
  ],
  [
    "a remote reference",
    { type: "object", properties: { a: { $ref: "https://example.com/a.json" } } },
    /^\$ref "https:\/\/example\.com\/a\.json" is not in the schema; .*#\/\$defs\/NAME$/,
  ],
  ["a reference to a file", { $ref: "other.json#/a" }, /^\$ref "other\.json#\/a" is not in the schema/],
  ["a reference to nothing", { $ref: "#/$defs/a" }, /^\$ref "#\/\$defs\/a" is not in the schema/],
  [
    "another draft",
    { $schema: "http://json-schema.org/draft-07/schema#" },
    /^\$schema "http:\/\/json-schema\.org\/draft-07\/schema#" is not offered/,
  ],
  ["a check whose answer is a promise", { $async: true, type: "object" }, /^unknown keyword: \$async$/],
  ["an identifier that is no text", { $id: 7 }, /^\/\$id must be string$/],
];
for (const [what, schema, reason] of broken)
  test(`a schema is refused: ${what}`, () => assert.match(schemaFault(schema) ?? "", reason));

test("ordinary schemas are accepted", () => {
  const good: JsonSchema[] = [
    {},
    { $schema: "https://json-schema.org/draft/2020-12/schema", title: "A command", type: "object" },
    { type: ["number", "null"], minimum: 0 },
    { type: "object", anyOf: [{ required: ["a"] }, { required: ["b"] }] },
    { $ref: "#/$defs/node", $defs: { node: { type: "array", items: { $ref: "#/$defs/node" } } } },
  ];
  for (const schema of good) assert.equal(schemaFault(schema), undefined, JSON.stringify(schema));
});

test("two schemas of one name are two schemas, and know nothing of each other", () => {
  const id = "https://example.com/command";
  const text = new PayloadSchema({ $id: id, type: "string" });
  const number = new PayloadSchema({ $id: id, type: "number" });
  assert.equal(text.faultOf("a"), undefined);
  assert.equal(number.faultOf(1), undefined);
  assert.equal(number.faultOf("a"), "data must be number");
  assert.match(schemaFault({ $ref: id }) ?? "", /is not in the schema/);
});
