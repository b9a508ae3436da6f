import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../../src/config/fault.js";
import { loadConfig } from "../../../src/config/load.js";

function faultOf(keys: string): string {
  try {
    loadConfig({ env: { CAUSEWAY_API_KEYS: keys } });
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return "";
}

test("keys are read from the environment as a list", () => {
  const env = { CAUSEWAY_API_KEYS: '["sixteen-letters!", "another-long-key"]' };
  assert.deepEqual(loadConfig({ env }).config.api.keys, ["sixteen-letters!", "another-long-key"]);
});

const wrong: [string, string, string][] = [
  ["a short one", '["fifteen-letters"]', "fifteen-letters"],
  ["one with a space", '["sixteen letters!"]', "sixteen letters!"],
  ["one that no header can hold", '["sixteen-lettersé"]', "sixteen-lettersé"],
  ["one that is not in a list", "sixteen-letters!", "sixteen-letters!"],
];
for (const [what, keys, secret] of wrong)
  test(`${what} is refused, and never shown`, () => {
    const message = faultOf(keys);
    assert.match(message, /^CAUSEWAY_API_KEYS api\.keys/);
    assert.match(message, /the value \(not shown\)|a text is not a list/);
    assert.ok(!message.includes(secret));
  });

test("what a key must be is said", () => {
  assert.match(
    faultOf('["short"]'),
    /api\.keys\[0\]: .* is not a text of 16 to 256 characters, ASCII without spaces/,
  );
});
