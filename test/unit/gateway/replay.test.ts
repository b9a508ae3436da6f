import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Publication } from "../../../src/gateway/publication.js";
import { PAGE_BYTES, Replay } from "../../../src/gateway/replay.js";
import { slowOutbox } from "./support/slow-outbox.js";

const FRAME = 1_000;
/** Owners. */
const [a, b, c] = [{}, {}, {}];

function setUp() {
  const { transport, outbox } = slowOutbox();
  const replay = new Replay(outbox);
  // A publication is its name here: what it is made of is not the replay's concern.
  const frameOf = (publication: Publication): Buffer => Buffer.from(String(publication).padEnd(FRAME, "."));
  function* named(name: string, count: number, done?: () => void): Generator<Publication, void, undefined> {
    for (let n = 1; n <= count; n++) yield `${name}${n}` as unknown as Publication;
    done?.();
  }
  const names = (): string[] => transport.lines.map((line) => line.replace(/\.+$/, ""));
  /** Takes everything until nothing comes any more. */
  const drain = async (): Promise<void> => {
    for (let idle = 0; idle < 3; ) {
      await nextTurn();
      if (transport.takeOne()) idle = 0;
      else idle++;
    }
  };
  return { replay, outbox, transport, frameOf, named, names, drain };
}

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name}${i + 1}`);
}

test("one comes after the other, each to its end", async () => {
  const { replay, frameOf, named, names, drain } = setUp();
  replay.add(a, named("a", 200), frameOf);
  replay.add(b, named("b", 150), frameOf);
  replay.add(c, named("c", 1), frameOf);
  await drain();
  assert.deepEqual(names(), [...numbered("a", 200), ...numbered("b", 150), "c1"]);
});

test("it goes no faster than the client", async () => {
  const { replay, frameOf, named, outbox, transport, names, drain } = setUp();
  let done = false;
  replay.add(
    a,
    named("a", 1_000, () => {
      done = true;
    }),
    frameOf,
  );
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  assert.ok(outbox.waiting <= 2 * PAGE_BYTES, `${outbox.waiting} bytes wait`);
  const waiting = outbox.waiting;
  transport.takeOne();
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  assert.ok(outbox.waiting <= waiting + PAGE_BYTES);
  assert.equal(done, false);
  await drain();
  assert.equal(done, true);
  assert.deepEqual(names(), numbered("a", 1_000));
});

test("what is removed while it runs stops, and the next one begins", async () => {
  const { replay, frameOf, named, names, transport, drain } = setUp();
  replay.add(a, named("a", 1_000), frameOf);
  replay.add(b, named("b", 3), frameOf);
  await nextTurn();
  transport.takeOne();
  replay.remove(a);
  await drain();
  const given = names().filter((name) => name.startsWith("a"));
  assert.ok(given.length > 0 && given.length < 200, `${given.length} of 1,000`);
  assert.deepEqual(given, numbered("a", given.length));
  assert.deepEqual(names().slice(given.length), ["b1", "b2", "b3"]);
});

test("what waits can be removed before it has begun", async () => {
  const { replay, frameOf, named, names, drain } = setUp();
  replay.add(a, named("a", 100), frameOf);
  replay.add(b, named("b", 100), frameOf);
  replay.add(c, named("c", 1), frameOf);
  replay.remove(b);
  await drain();
  assert.deepEqual(names(), [...numbered("a", 100), "c1"]);
});

test("one may end itself, and others, from within", async () => {
  const { replay, frameOf, named, names, drain } = setUp();
  function* selfish(): Generator<Publication, void, undefined> {
    yield* named("a", 2);
    replay.remove(a);
    replay.remove(b);
  }
  replay.add(a, selfish(), frameOf);
  replay.add(b, named("b", 1), frameOf);
  replay.add(c, named("c", 2), frameOf);
  await drain();
  assert.ok(names().includes("c2"));
  assert.deepEqual(names().slice(0, 2), ["a1", "a2"]);
});

test("cleared, nothing comes any more, however it was waiting", async () => {
  const { replay, frameOf, named, names, transport, drain } = setUp();
  replay.add(a, named("a", 1_000), frameOf);
  await nextTurn();
  transport.takeOne();
  const before = names().length;
  replay.clear();
  await drain();
  const after = names().length;
  assert.ok(after - before <= (2 * PAGE_BYTES) / FRAME, `${after - before} more`);
  replay.add(b, named("b", 1), frameOf);
  await drain();
  assert.equal(names().at(-1), "b1");
});
