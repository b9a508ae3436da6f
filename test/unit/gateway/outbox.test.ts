import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Counters, type SlowCause } from "../../../src/gateway/counters.js";
import { jsonCodec } from "../../../src/gateway/json-codec.js";
import { Outbox } from "../../../src/gateway/outbox.js";
import { Overdue } from "../../../src/gateway/overdue.js";
import { Turn } from "../../../src/outbox/turn.js";
import { SlowTransport } from "./support/slow-transport.js";

const BOUND = 1_000;
const AGE = 8_000;

function setUp(t: TestContext) {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const fail = (error: unknown): void => {
    throw error;
  };
  const overdue = new Overdue(AGE, fail);
  const turn = new Turn(fail);
  const slow: SlowCause[] = [];
  const transport = new SlowTransport();
  const outbox = new Outbox({
    turn,
    transport,
    framing: jsonCodec,
    bound: BOUND,
    counters: new Counters(),
    overdue,
    slow: (cause) => {
      slow.push(cause);
      outbox.close();
    },
  });
  const send = (bytes: number): void => {
    outbox.append(Buffer.alloc(bytes, "x"));
    turn.flush();
  };
  return { outbox, turn, transport, slow, send, tick: (ms: number) => t.mock.timers.tick(ms) };
}

test("what waits for longer than it may makes a client slow", (t) => {
  const { send, tick, slow, outbox } = setUp(t);
  send(10);
  tick(AGE);
  assert.deepEqual([slow, outbox.age], [[], (AGE / 8) * 7]);
  tick(AGE / 8);
  assert.deepEqual(slow, ["age"]);
  tick(AGE * 3);
  assert.deepEqual(slow, ["age"], "once");
});

test("a client that goes on taking is not slow, however much follows", (t) => {
  const { send, tick, transport, slow, outbox } = setUp(t);
  for (let n = 0; n < 100; n++) {
    send(10);
    tick(AGE / 20);
    // Always ten behind: each waits for half of what it may.
    if (n >= 10) transport.take(1);
  }
  assert.deepEqual(slow, []);
  assert.ok(outbox.age >= AGE / 4 && outbox.age <= AGE * 0.75, `${outbox.age}`);
  transport.take();
  tick(AGE);
  assert.deepEqual([slow, outbox.age], [[], 0]);
});

test("a process that stood still blames nobody: it has looked once, however long it took", (t) => {
  const { send, transport, slow, outbox } = setUp(t);
  send(10);
  assert.deepEqual([outbox.look(), outbox.look()], [0, 1]);
  assert.deepEqual([slow, outbox.age], [[], AGE / 8]);
  transport.take();
  assert.equal(outbox.look(), undefined);
});

test("a session that ended is not looked after", (t) => {
  const { send, tick, slow, outbox } = setUp(t);
  send(10);
  outbox.close();
  tick(AGE * 2);
  assert.deepEqual(slow, []);
});

test("more bytes than may wait make a client slow at the next turn", (t) => {
  const { send, slow } = setUp(t);
  send(BOUND + 1);
  assert.deepEqual(slow, []);
  send(1);
  assert.deepEqual(slow, ["bytes"]);
});

test("a client is behind from a quarter of the bound on, also within a turn", (t) => {
  const { send, outbox, transport } = setUp(t);
  send(BOUND / 4);
  assert.equal(outbox.congested, false);
  outbox.append(Buffer.alloc(1));
  assert.equal(outbox.congested, true);
  transport.take();
  assert.equal(outbox.congested, false);
});

test("who waits for the client is called once each, in turn, while there is room", (t) => {
  const { send, outbox, transport, turn } = setUp(t);
  const called: string[] = [];
  const waiter = (name: string, bytes: number): (() => void) => {
    const call = (): void => {
      called.push(name);
      outbox.append(Buffer.alloc(bytes));
      if (called.length < 6) outbox.onceTaken(call);
    };
    return call;
  };
  const forgotten = waiter("forgotten", 0);
  for (const call of [waiter("a", 300), forgotten, waiter("b", 300)]) outbox.onceTaken(call);
  outbox.forgetTaken(forgotten);
  send(10);
  for (let round = 0; round < 4; round++) {
    transport.take();
    turn.flush();
  }
  assert.deepEqual(called, ["a", "b", "a", "b"]);
});
