import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeData, encodePayload } from "../../../src/bridge/payload.js";
import { Fault } from "../../../src/gateway/fault.js";

const deepest = `${"[".repeat(100)}${"]".repeat(100)}`;
const tooDeep = `[${deepest}]`;

const texts: [string, string, string][] = [
  ["an object", '{"a":1}', '{"a":1}'],
  ["a number", "21.50", "21.50"],
  ["a large number", "12345678901234567890", "12345678901234567890"],
  ["a negative number", "-1e-7", "-1e-7"],
  ["true", "true", "true"],
  ["null", "null", "null"],
  ["a JSON string", '"on"', '"on"'],
  ["white space around", '  {"a" : 1}\t', '  {"a" : 1}\t'],
  ["line breaks", '{\n  "a": [\r\n 1,\n\n2 ]\n}\n', '{"a": [1,2 ]}'],
  ["an escaped line break", '"a\\nb"', '"a\\nb"'],
  ["a lone surrogate, escaped", '"\\ud800"', '"\\ud800"'],
  ["a text", "ON", '"ON"'],
  ["a text that begins like JSON", "true story", '"true story"'],
  ["a text with a leading zero", "007", '"007"'],
  ["NaN", "NaN", '"NaN"'],
  ["a date", "2024-01-31", '"2024-01-31"'],
  ["half an object", '{"a":', '"{\\"a\\":"'],
  ["a text with line breaks", "a\nb", '"a\\nb"'],
  ["a byte order mark", "\ufeff{}", '"\ufeff{}"'],
  ["nothing", "", '""'],
  ["a space", " ", '" "'],
  ["deep JSON", deepest, deepest],
  ["brackets in a text are not depth", `["${"[".repeat(300)}\\""]`, `["${"[".repeat(300)}\\""]`],
  ["JSON too deep for other parsers", tooDeep, JSON.stringify(tooDeep)],
];

for (const [what, payload, data] of texts) {
  test(`payload to data: ${what}`, () => {
    assert.deepEqual(encodePayload(Buffer.from(payload)), { data, encoding: undefined });
    assert.ok(!data.includes("\n"));
    JSON.parse(data);
  });
}

test("payload to data: bytes that are not UTF-8", () => {
  assert.deepEqual(encodePayload(Buffer.from([0xc3, 0x28, 0x0a])), { data: '"wygK"', encoding: "base64" });
});

test("a payload of white space and brackets takes no more than its share of time", () => {
  const payloads = [
    " ".repeat(1_000_000),
    `"${" ".repeat(500_000)}\\n"`,
    "[".repeat(1_000_000),
    `[${"\n ".repeat(400_000)}]`,
  ];
  // Of the processor, which others may be using too.
  const before = process.cpuUsage();
  for (const payload of payloads) encodePayload(Buffer.from(payload));
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 1_000_000, `${user + system} microseconds`);
});

test("data to payload: a string is its text, all else its JSON", () => {
  for (const [data, payload] of [
    ['"ON"', "ON"],
    ['"a\\nb"', "a\nb"],
    ['""', ""],
    ['{"a": 1.0}', '{"a": 1.0}'],
    ["null", "null"],
  ] as const)
    assert.equal(decodeData(data, undefined).toString(), payload);
});

test("data to payload: base64", () => {
  assert.deepEqual(decodeData('"wygK"', "base64"), Buffer.from([0xc3, 0x28, 0x0a]));
  assert.deepEqual(decodeData('""', "base64"), Buffer.alloc(0));
  for (const data of ['"wyg"', '"w!gK"', "7"]) assert.throws(() => decodeData(data, "base64"), Fault);
});

test("what a device sends, a client can send back unchanged", () => {
  for (const payload of ["ON", '{"a": [1.0]}', "21.50", "", "text \u{1F600}", "\u00ff"]) {
    const { data, encoding } = encodePayload(Buffer.from(payload));
    assert.equal(decodeData(data, encoding).toString(), payload);
  }
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const { data, encoding } = encodePayload(bytes);
  assert.deepEqual(decodeData(data, encoding), bytes);
});
