import assert from "node:assert/strict";
import { test } from "node:test";
import { Backlog } from "../../../src/mqtt/backlog.js";

const message = (size: number, time = 0) => ({ topic: "t", payload: Buffer.alloc(size), time });
const backlog = (limits: { messages?: number; bytes?: number }) =>
  new Backlog({ maxQueuedMessages: limits.messages ?? 1_000, maxStoredSize: limits.bytes ?? 1_000_000 });

test("it is full at the number of messages, and has room again once one is passed", () => {
  const waiting = backlog({ messages: 2 });
  for (const sequence of [1, 3]) {
    assert.equal(waiting.isFullFor(message(10)), false);
    waiting.add(sequence, message(10));
  }
  assert.equal(waiting.isFullFor(message(10)), true);
  waiting.pass(1);
  assert.equal(waiting.isFullFor(message(10)), false);
  assert.deepEqual([waiting.passed, waiting.count, waiting.oldest], [1, 1, 3]);
});

test("it is full at the bytes, but always takes one message", () => {
  const waiting = backlog({ bytes: 100 });
  assert.equal(waiting.isFullFor(message(1_000)), false);
  waiting.add(1, message(60));
  assert.equal(waiting.isFullFor(message(10)), false);
  assert.equal(waiting.isFullFor(message(60)), true);
});

test("passing never goes back, and the time of the oldest is that of the first to come into an empty one", () => {
  const waiting = backlog({});
  waiting.add(5, message(1, 100));
  waiting.add(6, message(1, 200));
  assert.equal(waiting.oldestTime, 100);
  waiting.pass(6);
  waiting.pass(5);
  assert.deepEqual([waiting.passed, waiting.count, waiting.bytes, waiting.oldest], [6, 0, 0, undefined]);
  waiting.add(7, message(1, 300));
  assert.equal(waiting.oldestTime, 300);
});
