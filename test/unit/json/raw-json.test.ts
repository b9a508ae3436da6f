import assert from "node:assert/strict";
import { test } from "node:test";
import { rawItems, rawMember } from "../../../src/json/raw-json.js";

const cases: [string, string[], string | undefined][] = [
  ['{"a":1}', ["a"], "1"],
  ['{"a":1}', ["b"], undefined],
  ["{}", ["a"], undefined],
  ["[]", ["a"], undefined],
  [' { "x" : [ { "a" : 2 } , "a" ] , "a" : 1.50 } ', ["a"], "1.50"],
  ['{"a":"}\\",{","b":2}', ["b"], "2"],
  ['{"a":"}\\",{","b":2}', ["a"], '"}\\",{"'],
  ['{"a":{"b":[1, {"c":"]"}]},"d":0}', ["a", "b"], '[1, {"c":"]"}]'],
  ['{"a":1,"a":2}', ["a"], "2"],
  ['{"\\u0061":1}', ["a"], "1"],
  ['{"b":{"a":1},"a":null}', ["a"], "null"],
  ['{"a":12345678901234567890\n}', ["a"], "12345678901234567890"],
  ['{"a":[]}', ["a", "b"], undefined],
  ['{"":""}', [""], '""'],
];

for (const [json, path, expected] of cases) {
  test(`${path.join(".")} of ${json} is ${expected}`, () => {
    JSON.parse(json);
    assert.equal(rawMember(json, ...path), expected);
  });
}

const lists: [string, string[]][] = [
  ["[]", []],
  [" [ ] ", []],
  ["[1]", ["1"]],
  [
    '[ {"a":[1,2]} , "],[" ,\n12345678901234567890, [] ,null]',
    ['{"a":[1,2]}', '"],["', "12345678901234567890", "[]", "null"],
  ],
  ['{"a":1}', []],
  ["1", []],
];

for (const [json, expected] of lists) {
  test(`items of ${json}`, () => {
    JSON.parse(json);
    assert.deepEqual(rawItems(json), expected);
  });
}
