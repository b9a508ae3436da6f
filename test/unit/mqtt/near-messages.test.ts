import assert from "node:assert/strict";
import { test } from "node:test";
import { Message } from "../../../src/mqtt/message.js";
import { NearLimit, type NearMessage, NearMessages } from "../../../src/mqtt/near-messages.js";

const near = (sequence: number, size = 10): NearMessage => ({
  message: new Message({ topic: "t", payload: Buffer.alloc(size), qos: 1, retain: false }),
  qos: 1,
  sequence,
  retain: false,
});

test("messages come out as they went in, also when many have passed", () => {
  const limit = new NearLimit(1_000_000);
  const messages = new NearMessages(limit);
  let next = 1;
  for (let sequence = 1; sequence <= 20_000; sequence++) {
    assert.equal(messages.add(near(sequence)), true);
    assert.equal(messages.last, sequence);
    if (sequence % 3 === 0) continue;
    assert.equal(messages.first?.sequence, next++);
    messages.shift();
    if (messages.isEmpty) assert.equal(messages.last, 0);
    if (sequence % 2_000 === 1_999)
      for (; !messages.isEmpty; messages.shift()) assert.equal(messages.first?.sequence, next++);
  }
  messages.clear();
  assert.equal(limit.bytes, 0);
});

test("all sessions share one bound in bytes, and give back what they held", () => {
  const limit = new NearLimit(100);
  const [one, other] = [new NearMessages(limit), new NearMessages(limit)];
  assert.equal(one.add(near(1, 60)), true);
  assert.equal(other.add(near(1, 60)), false);
  assert.equal(other.add(near(1, 40)), true);
  one.clear();
  assert.equal(limit.bytes, 40);
  assert.equal(other.add(near(2, 60)), true);
  other.shift();
  other.shift();
  other.shift();
  assert.equal(limit.bytes, 0);
});

test("one session holds a bounded number of messages", () => {
  const messages = new NearMessages(new NearLimit(1_000_000));
  let count = 0;
  while (messages.add(near(count + 1, 0))) count++;
  assert.equal(count, 4_096);
});
