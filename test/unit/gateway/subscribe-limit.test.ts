import assert from "node:assert/strict";
import { test } from "node:test";
import { SubscribeLimit } from "../../../src/gateway/subscribe-limit.js";

test("without a rate there is nothing to keep", () => {
  assert.equal(SubscribeLimit.of({}), undefined);
});

test("a second's worth may come at once, and then as much as the rate", () => {
  let now = 5_000;
  const limit = SubscribeLimit.of({ subscribeRate: 2 }, () => now);
  const take = () => limit?.take();
  take();
  take();
  assert.throws(take, /too many requests.*limits\.subscribeRate/);
  now += 500;
  take();
  assert.throws(take, /too many requests/);
});
