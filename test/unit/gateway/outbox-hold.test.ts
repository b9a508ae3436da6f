import assert from "node:assert/strict";
import { test } from "node:test";
import { slowOutbox } from "./support/slow-outbox.js";

const frame = (text: string): Buffer => Buffer.from(text);

test("what is held comes after what is said first, in its order, and before what follows", () => {
  const { outbox, transport, endTurn } = slowOutbox();
  outbox.hold();
  outbox.append(frame("1"));
  endTurn();
  outbox.append(frame("2"));
  endTurn();
  assert.equal(transport.takeOne(), false, "nothing goes out");
  assert.equal(outbox.waiting, 2);
  outbox.release(() => outbox.append(frame("first")));
  outbox.append(frame("3"));
  endTurn();
  transport.takeOne();
  assert.deepEqual(transport.lines, ["first", "1", "2", "3"]);
  assert.equal(outbox.waiting, 0);
});

test("without a hold, release only says its say", () => {
  const { outbox, transport, endTurn } = slowOutbox();
  outbox.release(() => outbox.append(frame("first")));
  endTurn();
  transport.takeOne();
  assert.deepEqual(transport.lines, ["first"]);
});

test("what is held has a bound", () => {
  const { outbox, transport, endTurn, overflows } = slowOutbox(1_000);
  outbox.hold();
  for (let n = 0; n < 10; n++) outbox.append(Buffer.alloc(100));
  endTurn();
  assert.equal(overflows(), 0);
  outbox.append(Buffer.alloc(1));
  endTurn();
  assert.equal(overflows(), 1);
  outbox.close();
  assert.equal(transport.takeOne(), false);
});

test("closed while it holds, it sends nothing", () => {
  const { outbox, transport, endTurn } = slowOutbox();
  outbox.hold();
  outbox.append(frame("1"));
  outbox.close();
  outbox.release(() => outbox.append(frame("first")));
  endTurn();
  assert.equal(transport.takeOne(), false);
});
