import assert from "node:assert/strict";
import { test } from "node:test";
import { type SlowOne, SlowSessions } from "../../../src/gateway/slow-sessions.js";
import { LimitedLog } from "../../../src/log/limited.js";

const session = (id: string, more: Partial<SlowOne> = {}): SlowOne => ({
  id,
  user: "ann",
  remote: "127.0.0.1:1",
  channels: ["a"],
  waitingBytes: 100,
  age: 50,
  ...more,
});

function setUp() {
  const lines: Record<string, unknown>[] = [];
  const write = (details: object) => void lines.push({ ...details });
  const log = new LimitedLog({ info: write, warn: write, error: write });
  return { lines, slow: new SlowSessions(log) };
}

test("a slow session is listed with who it is and what was last seen of it", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { slow } = setUp();
  slow.congested(session("one"));
  slow.closed(session("two", { user: "bob" }), "bytes");
  t.mock.timers.tick(2_000);
  slow.congested(session("one", { waitingBytes: 200 }));
  slow.closed(session("one", { waitingBytes: 300, age: 10_000 }), "age");
  const about = { user: "ann", remote: "127.0.0.1:1" };
  assert.deepEqual(slow.list(), [
    {
      ...about,
      session: "one",
      waitingBytes: 300,
      age: 10_000,
      counts: { congested: 2, age: 1 },
      firstAt: 1_000_000,
      lastAt: 1_002_000,
    },
    {
      ...about,
      session: "two",
      user: "bob",
      waitingBytes: 100,
      age: 50,
      counts: { bytes: 1 },
      firstAt: 1_000_000,
      lastAt: 1_000_000,
    },
  ]);
});

test("that one is behind is logged once in ten seconds, with its name and some of its channels", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { slow, lines } = setUp();
  const channels = ["a", "b", "c", "d", "e", "f", "g"];
  for (let n = 0; n < 1_000; n++) slow.congested(session("one", { channels }));
  t.mock.timers.tick(10_000);
  slow.congested(session("one", { channels }));
  slow.closed(session("one"), "age");
  assert.deepEqual(
    lines.map(({ session, times, channels }) => [session, times, channels]),
    [1, 1_001].map((times) => ["one", times, ["a", "b", "c", "d", "e", "and 2 more"]]),
  );
});
