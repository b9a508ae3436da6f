import assert from "node:assert/strict";
import { test } from "node:test";
import { OwedMessages } from "../../../src/mqtt/owed-messages.js";

const owed = (...sequences: readonly number[]) =>
  new OwedMessages(sequences.map((sequence) => ({ sequence, released: false })));

test("what is owed is told in order, released or not, until it is acknowledged", () => {
  const messages = owed(3, 4);
  messages.sent(7);
  messages.release(4);
  messages.acknowledge(3);
  assert.deepEqual(
    [...messages],
    [
      { sequence: 4, released: true },
      { sequence: 7, released: false },
    ],
  );
  assert.equal(messages.isReleased(3), undefined);
  assert.equal(messages.giveUp(7), true);
  assert.equal(messages.giveUp(7), false);
});

test("a connection is sent everything again, once, in order; another one begins anew", () => {
  const messages = owed(1, 2, 5);
  assert.equal(messages.nextResend, undefined);
  messages.startResends();
  messages.resent();
  assert.equal(messages.nextResend, 2);
  messages.startResends();
  assert.equal(messages.nextResend, 1);
  messages.stopResends();
  assert.equal(messages.nextResend, undefined);
});

test("with little in flight every acknowledgement is written, with much of it each eighth or so", () => {
  const few = owed(1, 2, 3);
  assert.deepEqual(
    [1, 2, 3].map((sequence) => few.acknowledge(sequence)),
    [true, true, true],
  );
  const numbers = Array.from({ length: 8_000 }, (_, index) => index + 1);
  const many = owed(...numbers);
  const written = numbers.filter((sequence) => many.acknowledge(sequence));
  assert.ok(written.length > 20 && written.length < 200, `${written.length} times`);
  assert.equal(written.at(-1), 8_000, "the last one is");
});
