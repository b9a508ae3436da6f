import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCommand } from "../../../devices/simulator/command.js";

const parse = (text: string | Uint8Array) =>
  parseCommand(typeof text === "string" ? Buffer.from(text) : text);

test("reads settings and the id", () => {
  assert.deepEqual(parse('{"target":21,"relay":"on","id":7}'), {
    id: 7,
    settings: [
      ["target", 21],
      ["relay", "on"],
    ],
  });
});

test("leaves an id away that is no text or number", () => {
  assert.deepEqual(parse('{"target":21,"id":{}}'), { settings: [["target", 21]] });
});

for (const bad of ["", "on", "null", "[1]", '"x"', "{", "21", Buffer.from([0xc3, 0x28])]) {
  test(`refuses ${JSON.stringify(bad.toString())}`, () => {
    assert.equal(parse(bad), 'a command must be a JSON object such as {"interval":5}');
  });
}

test("refuses a command that names nothing, or too much", () => {
  assert.equal(parse('{"id":1}'), "a command must name at least one setting");
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`s${index}`, 1]));
  assert.equal(parse(JSON.stringify(many)), "a command must not name more than 8 settings");
  assert.equal(parse(`{"a":"${"x".repeat(5000)}"}`), "a command must not be longer than 4096 bytes");
});
