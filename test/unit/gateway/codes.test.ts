import assert from "node:assert/strict";
import { test } from "node:test";
import { disconnects, errors, reconnects, unsubscribes } from "../../../src/gateway/codes.js";

test("no code has two meanings", () => {
  for (const table of [errors, unsubscribes, disconnects]) {
    const codes = Object.values(table).map(({ code }) => code);
    assert.equal(new Set(codes).size, codes.length);
  }
});

test("the ranges tell whether a client comes back", () => {
  const tried = [3000, 3499, 3500, 3999, 4000, 4499, 4500, 4999];
  assert.deepEqual(tried.map(reconnects), [true, true, false, false, true, true, false, false]);
});

test("close reasons fit a close frame and are not taken for JSON by clients", () => {
  for (const { reason } of Object.values(disconnects)) {
    assert.ok(Buffer.byteLength(reason) <= 123);
    assert.throws(() => JSON.parse(reason));
  }
});
