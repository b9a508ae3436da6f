import assert from "node:assert/strict";
import { test } from "node:test";
import { JsonText, stringify } from "../../../src/json/spliced.js";

test("writes plain values as JSON.stringify does", () => {
  for (const value of [
    null,
    1,
    "é\n",
    true,
    [],
    {},
    [undefined, { a: undefined, b: [1, { c: null }] }],
    undefined,
  ])
    assert.equal(stringify(value), JSON.stringify(value) ?? "null");
});

test("puts JSON text in its place as it is", () => {
  const value = { a: new JsonText('{"n":12345678901234567890}'), b: [new JsonText("1.50")] };
  assert.equal(stringify(value), '{"a":{"n":12345678901234567890},"b":[1.50]}');
});
