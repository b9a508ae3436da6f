import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { NOTHING } from "../../../../src/gateway/shaping/latest.js";
import { Pacer } from "../../../../src/gateway/shaping/pacer.js";
import { Item, testClock, testHost } from "../support/pacing.js";

interface Told {
  readonly topic: string;
  readonly value: number;
  /** The value with which the topic began to wait. */
  readonly first: number;
  /** Since the pacer began. */
  readonly at: number;
}

function setUp(
  t: TestContext,
  {
    maxRate = undefined as number | undefined,
    newest = false,
    limits = {},
    full = undefined as (() => void) | undefined,
  },
) {
  const { clock, tick } = testClock(t);
  const set = testHost(clock, limits);
  const start = clock.now();
  const told: Told[] = [];
  const pacer = new Pacer<Item, { first: number; bytes: number }>(
    set.host,
    { maxRate, newest },
    {
      tell: ({ topic, value }, { first }) => {
        told.push({ topic, value, first, at: clock.now() - start });
        set.outbox.append(Buffer.alloc(100));
      },
      ...(full ? { full } : {}),
    },
  );
  const offer = (topic: string, value: number, bytes?: number): Item => {
    const item = new Item(topic, value, bytes);
    pacer.offer(item, { first: value, bytes: 0 });
    return item;
  };
  return { ...set, clock, tick, pacer, offer, told };
}

const valuesOf = (told: readonly Told[]) => told.map(({ topic, value }) => `${topic}${value}`);

test("the first goes at once, then the newest of each topic in the order in which the topics began to wait", (t) => {
  const { offer, told, tick, counters } = setUp(t, { maxRate: 10 });
  for (const topic of ["a", "b", "c"]) offer(topic, 1);
  for (const value of [2, 3, 4]) for (const topic of ["c", "b"]) offer(topic, value);
  assert.deepEqual(valuesOf(told), ["a1"]);
  tick(500);
  assert.deepEqual(valuesOf(told), ["a1", "b4", "c4"]);
  assert.deepEqual(
    told.map(({ first }) => first),
    [1, 1, 1],
  );
  assert.deepEqual([counters.conflated, counters.heldTopics, counters.heldBytes], [6, 0, 0]);
  offer("a", 5);
  assert.deepEqual(valuesOf(told).at(-1), "a5", "whoever has been quiet is told at once again");
});

for (const rate of [0.5, 3, 10, 50, 60, 400])
  test(`at ${rate}/s a flood is spread evenly, and no topic starves`, (t) => {
    const { offer, told, tick } = setUp(t, { maxRate: rate });
    const seconds = rate < 1 ? 20 : 5;
    for (let ms = 0; ms < seconds * 1_000; ms++) {
      // One topic changes far more often than the others.
      offer("busy", ms);
      if (ms % 100 === 0) offer(`quiet ${(ms / 100) % 7}`, ms);
      tick(1);
    }
    const expected = rate * seconds;
    assert.ok(
      told.length <= expected + 1 && told.length >= expected * 0.95 - 1,
      `${told.length} of ${expected}`,
    );
    const within = told.map(({ at }, i) => told.slice(i).findIndex((later) => later.at >= at + 1_000));
    const most = Math.max(...within);
    assert.ok(most <= Math.max(1, rate) + 1 + rate * 0.04, `${most} within a second`);
    const step = 1_000 / rate;
    for (const [i, { at }] of told.entries())
      assert.ok(Math.abs(at - i * step) <= 40, `the ${i}th came at ${at} ms instead of ${i * step}`);
    if (rate >= 3) assert.equal(new Set(told.map(({ topic }) => topic)).size, 8);
  });

test("a rate that is not used up is not saved for later", (t) => {
  const { offer, told, tick } = setUp(t, { maxRate: 10 });
  offer("a", 1);
  tick(10_000);
  for (const topic of ["a", "b", "c", "d"]) offer(topic, 2);
  assert.deepEqual(valuesOf(told), ["a1", "a2"]);
  tick(90);
  assert.equal(told.length, 2);
  tick(300);
  assert.equal(told.length, 5);
});

test("what waits is kept, since its bytes may be gone after the turn, and what goes at once is not", (t) => {
  const { offer } = setUp(t, { maxRate: 1 });
  assert.equal(offer("a", 1).kept, false);
  assert.equal(offer("b", 1).kept, true);
  assert.equal(offer("b", 2).kept, true);
});

test("at the bound in topics the one that has waited longest is dropped and counted", (t) => {
  const { offer, told, tick, counters } = setUp(t, { maxRate: 100, limits: { maxHeldTopics: 3 } });
  for (const topic of ["a", "b", "c", "d", "e", "f"]) offer(topic, 1);
  assert.deepEqual([counters.heldDropped, counters.heldTopics], [2, 3]);
  tick(100);
  assert.deepEqual(valuesOf(told), ["a1", "d1", "e1", "f1"]);
});

test("the bound in bytes holds for what is added, what grows, and what is larger than it all by itself", (t) => {
  const { offer, told, tick, counters } = setUp(t, { maxRate: 100, limits: { maxHeldSize: 100 } });
  offer("now", 1);
  offer("a", 1, 40);
  offer("b", 1, 40);
  assert.deepEqual([counters.heldBytes, counters.heldDropped], [80, 0]);
  offer("b", 2, 70);
  assert.deepEqual([counters.heldBytes, counters.heldDropped], [70, 1]);
  offer("huge", 1, 101);
  assert.deepEqual([counters.heldBytes, counters.heldTopics, counters.heldDropped], [0, 0, 3]);
  tick(100);
  offer("c", 1, 40);
  offer("d", 1, 40);
  tick(100);
  assert.deepEqual(valuesOf(told), ["now1", "c1", "d1"]);
});

test("who must not lose anything is told of the bound instead", (t) => {
  let full = 0;
  const { offer, counters, pacer } = setUp(t, {
    maxRate: 1,
    limits: { maxHeldTopics: 1 },
    full: () => {
      full++;
      pacer.close();
    },
  });
  for (const topic of ["a", "b", "c"]) offer(topic, 1);
  assert.deepEqual([full, counters.heldDropped, counters.heldTopics], [1, 0, 0]);
});

test("the bound is the session's: the one that holds most gives way", (t) => {
  const { clock } = testClock(t);
  const { host, counters } = testHost(clock, { maxHeldTopics: 10, maxHeldSize: 1_000 });
  const newPacer = () => new Pacer<Item>(host, { maxRate: 1, newest: false }, { tell: () => {} });
  const [many, few] = [newPacer(), newPacer()];
  for (let n = 0; n < 30; n++) many.offer(new Item(`t${n}`, n), NOTHING);
  assert.deepEqual([many.heldTopics, counters.heldDropped], [10, 19]);
  for (let n = 0; n < 4; n++) few.offer(new Item(`t${n}`, n), NOTHING);
  assert.deepEqual([many.heldTopics, few.heldTopics], [7, 3]);
  few.offer(new Item("large", 1, 900), { bytes: 80 });
  assert.deepEqual([many.heldTopics, few.heldTopics, few.heldBytes], [6, 0, 0], "it holds most of the bytes");
  many.close();
  few.close();
  assert.deepEqual([counters.heldTopics, counters.heldBytes], [0, 0]);
});

test("nothing is told after it was closed, and nothing is held", (t) => {
  const { offer, pacer, told, tick, counters, clock } = setUp(t, { maxRate: 10 });
  for (const topic of ["a", "b", "c"]) offer(topic, 1);
  pacer.close();
  tick(1_000);
  assert.deepEqual([told.length, counters.heldTopics, counters.heldBytes, clock.waiting], [1, 0, 0, 0]);
});

test("a client that is behind gets the newest values when it has caught up", (t) => {
  const { offer, told, transport, turn, counters, congested } = setUp(t, { newest: true });
  // A quarter of the outbox is 250 bytes, a message 100.
  for (const value of [1, 2, 3]) offer("a", value);
  turn.flush();
  assert.deepEqual(valuesOf(told), ["a1", "a2", "a3"]);
  for (const value of [4, 5, 6]) for (const topic of ["b", "a"]) offer(topic, value);
  assert.deepEqual([told.length, counters.conflated, counters.heldTopics, congested()], [3, 4, 2, 1]);
  transport.take();
  assert.deepEqual(valuesOf(told).slice(3), ["b6", "a6"]);
  offer("c", 1);
  assert.equal(valuesOf(told).at(-1), "c1");
});

test("a client that takes a little gets a little", (t) => {
  const { offer, told, transport, turn, tick } = setUp(t, { newest: true });
  for (let n = 0; n < 20; n++) offer(`t${n}`, n);
  turn.flush();
  const before = told.length;
  assert.ok(before < 5);
  tick(10_000);
  assert.equal(told.length, before, "time alone changes nothing");
  for (let n = before; n < 20; n++) {
    transport.take(1);
    turn.flush();
  }
  transport.take();
  assert.deepEqual(
    told.map(({ value }) => value),
    Array.from({ length: 20 }, (_, n) => n),
  );
});

test("both bounds hold together", (t) => {
  const { offer, told, transport, turn, tick } = setUp(t, { maxRate: 10, newest: true });
  for (let n = 0; n < 10; n++) offer(`t${n}`, n);
  turn.flush();
  tick(1_000);
  turn.flush();
  const before = told.length;
  assert.ok(before >= 3 && before < 5, `${before}`);
  transport.take();
  assert.equal(told.length, before + 1, "it has been quiet for long enough");
  tick(300);
  turn.flush();
  assert.ok(told.length > before + 1 && told.length <= before + 4, `${told.length}`);
});

test("of several that wait for one client, none gets all the room", (t) => {
  const { clock } = testClock(t);
  const { host, outbox, transport, turn } = testHost(clock);
  const told: string[] = [];
  const pacers = ["x", "y", "z"].map(
    (name) =>
      new Pacer<Item>(
        host,
        { maxRate: undefined, newest: true },
        {
          tell: () => {
            told.push(name);
            outbox.append(Buffer.alloc(100));
          },
        },
      ),
  );
  let n = 0;
  const flood = (): void => {
    for (const pacer of pacers) for (let i = 0; i < 50; i++) pacer.offer(new Item(`t${i}`, n++), NOTHING);
  };
  for (let round = 0; round < 30; round++) {
    flood();
    turn.flush();
    transport.take();
  }
  for (const name of ["x", "y", "z"])
    assert.ok(told.filter((one) => one === name).length > 20, told.join(""));
});
