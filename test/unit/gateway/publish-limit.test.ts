import assert from "node:assert/strict";
import { test } from "node:test";
import { PublishLimit } from "../../../src/gateway/publish-limit.js";

function limited(rates: { messageRate?: number; byteRate?: number }) {
  let now = 5_000;
  const limit = PublishLimit.of(rates, () => now);
  const takes = (bytes = 1): boolean => {
    try {
      limit?.take(bytes);
      return true;
    } catch (error) {
      assert.match(String(error), /too many requests/);
      return false;
    }
  };
  return { takes, pass: (ms: number) => (now += ms) };
}

test("without a rate there is nothing to keep", () => {
  assert.equal(PublishLimit.of({}), undefined);
});

test("a second's worth may come at once, and then as much as the rate", () => {
  const { takes, pass } = limited({ messageRate: 4 });
  assert.deepEqual([takes(), takes(), takes(), takes(), takes()], [true, true, true, true, false]);
  pass(249);
  assert.equal(takes(), false);
  pass(1);
  assert.deepEqual([takes(), takes()], [true, false]);
  pass(60_000);
  assert.deepEqual([takes(), takes(), takes(), takes(), takes()], [true, true, true, true, false]);
});

test("a rate below one a second is kept, too", () => {
  const { takes, pass } = limited({ messageRate: 0.1 });
  assert.deepEqual([takes(), takes()], [true, false]);
  pass(9_999);
  assert.equal(takes(), false);
  pass(1);
  assert.equal(takes(), true);
});

test("a message larger than a second's worth goes when nothing was used, and is waited for", () => {
  const { takes, pass } = limited({ byteRate: 100 });
  assert.deepEqual([takes(60), takes(41), takes(40), takes(1)], [true, false, true, false]);
  pass(1_000);
  assert.deepEqual([takes(1_000), takes(1)], [true, false]);
  pass(9_000);
  assert.equal(takes(1), false);
  pass(1_000);
  assert.equal(takes(1), true);
});

test("what is refused for its bytes does not count as a message", () => {
  const { takes, pass } = limited({ messageRate: 2, byteRate: 100 });
  assert.deepEqual([takes(100), takes(1), takes(1)], [true, false, false]);
  pass(1_000);
  assert.deepEqual([takes(1), takes(1), takes(1)], [true, true, false]);
});
