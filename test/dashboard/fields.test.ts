import assert from "node:assert/strict";
import { test } from "node:test";
import { numbersIn } from "../../dashboard/model/fields.js";
import { columnsOf, fieldsOf, History } from "../../dashboard/model/history.js";

function numbers(value: unknown) {
  return numbersIn({ kind: "json", value });
}

test("numeric fields are found at any level, in order", () => {
  assert.deepEqual(
    { ...numbers({ c: 21.5, unit: "C", battery: { voltage: 3.9, ok: true }, axes: [1, 2] }) },
    {
      names: ["c", "battery.voltage", "axes.0", "axes.1"],
      values: [21.5, 3.9, 1, 2],
    },
  );
});

test("a payload that is a number is a field of its own", () => {
  assert.deepEqual(numbers(7), { names: ["value"], values: [7] });
});

test("text, null, booleans and empty objects have no numeric field", () => {
  for (const value of [null, true, {}, [], { a: "1" }]) assert.deepEqual(numbers(value).names, []);
  assert.deepEqual(numbersIn({ kind: "text", text: "12" }).names, []);
  assert.deepEqual(numbersIn({ kind: "binary", base64: "AAAA" }).names, []);
});

test("hostile payloads cost no more than ordinary ones", () => {
  const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`f${i}`, i]));
  assert.equal(numbers(wide).names.length, 16);
  const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`);
  assert.deepEqual(numbers(deep).names, []);
  assert.deepEqual(numbers({ ["k".repeat(10_000)]: 1, short: 2 }).names, ["short"]);
  assert.deepEqual(numbers(JSON.parse('{"__proto__": 5}')).values, [5]);
});

test("a field's column holds the messages that have it", () => {
  const history = new History();
  history.add(numbers({ a: 1 }), 1_000, 10);
  history.add(numbers({ b: 5 }), 2_000, 10);
  history.add(numbers({ b: 6, a: 3 }), 3_000, 10);
  assert.deepEqual(fieldsOf(history.samples), ["b", "a"]);
  assert.deepEqual(columnsOf(history.samples, "a"), [
    [1, 3],
    [1, 3],
  ]);
  assert.deepEqual(columnsOf(history.samples, "nowhere"), [[], []]);
});

test("samples that look alike share their list of names", () => {
  const history = new History();
  history.add(numbers({ a: 1 }), 0, 10);
  history.add(numbers({ a: 2 }), 1, 10);
  assert.equal(history.samples[0]?.names, history.samples[1]?.names);
});
