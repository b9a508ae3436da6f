import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store, StreamEntry } from "../../../src/storage/store.js";
import { messageWith, TEXTS } from "../../unit/storage/hostile.js";
import { Client } from "./client.js";
import { collect, type NewGround, open, restart } from "./ground.js";

const offsetsOf = (entries: readonly StreamEntry[]) => entries.map(({ offset }) => offset);
const all = (store: Store, name: string) => store.readStream(name, -1, 100_000);

/** An entry that tells where it belongs. */
const entryOf = (name: string, offset: number, bytes = 0) =>
  Buffer.concat([Buffer.from(`${name.slice(0, 20)}#${offset}`), Buffer.alloc(bytes, offset)]);

function fill(store: Store, name: string, from: number, to: number, bytes = 0): void {
  for (let offset = from; offset <= to; offset++) store.append(name, offset, entryOf(name, offset, bytes));
}

async function check(store: Store, name: string, from: number, to: number): Promise<void> {
  const entries = await all(store, name);
  assert.deepEqual(
    entries.map(({ offset, entry }) => [offset, entry.toString()]),
    Array.from({ length: to - from + 1 }, (_, index) => [from + index, `${entryOf(name, from + index)}`]),
  );
}

export function streams(newGround: NewGround): void {
  test("entries of a stream are read in order from anywhere, as many and as much as is asked for", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    fill(opened.store, "s", 1, 3_000, 100);
    await opened.store.flush();
    for (let restarts = 0; restarts < 2; restarts++) {
      const { store } = opened;
      const read = async (...args: [after: number, limit: number, mostBytes?: number]) =>
        offsetsOf(await store.readStream("s", ...args));
      assert.equal((await read(-1, 10_000)).length, 3_000);
      assert.deepEqual(await read(0, 3), [1, 2, 3]);
      assert.deepEqual(await read(7, 2), [8, 9]);
      assert.deepEqual(await read(2_998, 10), [2_999, 3_000]);
      assert.deepEqual(await read(3_000, 10), []);
      assert.deepEqual(await read(Number.MAX_SAFE_INTEGER, 10), []);
      assert.deepEqual(await read(0, 0), []);
      assert.deepEqual(await read(0, 10, 1), [1], "the one that reaches the bytes is the last");
      assert.deepEqual(await read(0, 10, 250), [1, 2, 3]);
      const [entry] = await store.readStream("s", 1_499, 1);
      assert.deepEqual(entry, { offset: 1_500, entry: entryOf("s", 1_500, 100) });
      assert.deepEqual(await collect(store.streams()), [
        { name: "s", first: 1, last: 3_000, entries: 3_000 },
      ]);
      opened = await restart(ground, opened);
    }
  });

  test("streams with awkward names keep to themselves, and go without touching others", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    for (const [index, name] of TEXTS.entries()) fill(opened.store, name, index, index + 3);
    opened = await restart(ground, opened);
    const names = (await collect(opened.store.streams())).map(({ name }) => name);
    assert.deepEqual(names.sort(), [...TEXTS].sort());
    const left = new Map(TEXTS.entries());
    for (const [index, name] of TEXTS.entries()) {
      opened.store.trim(name, index);
      await opened.store.flush();
      await check(opened.store, name, index + 1, index + 3);
      opened.store.dropStream(name);
      left.delete(index);
      if (index % 4 === 0) opened = await restart(ground, opened);
      else await opened.store.flush();
      assert.deepEqual(await all(opened.store, name), []);
      for (const [other, text] of left) await check(opened.store, text, other, other + 3);
    }
    await opened.store.close();
    assert.equal(await ground.rows(), 0);
  });

  test("offsets may leave gaps of any size, and must ascend", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    const offsets = [0, 1, 5, 6, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER];
    const add = (offset: number) => opened.store.append("s", offset, entryOf("s", offset));
    for (const offset of offsets) add(offset);
    for (const bad of [Number.MAX_SAFE_INTEGER, 7, -1, 0.5, Number.NaN, 2 ** 53])
      assert.throws(() => add(bad), RangeError, `${bad}`);
    assert.throws(() => opened.store.append("x".repeat(65_536), 1, entryOf("", 1)), RangeError);
    opened = await restart(ground, opened);
    const { store } = opened;
    assert.deepEqual(offsetsOf(await all(store, "s")), offsets);
    assert.deepEqual(offsetsOf(await store.readStream("s", 1, 2)), [5, 6]);
    assert.deepEqual(await collect(store.streams()), [
      { name: "s", first: 0, last: Number.MAX_SAFE_INTEGER, entries: 7 },
    ]);
    store.trim("s", 5);
    await store.flush();
    assert.deepEqual(offsetsOf(await all(store, "s")), offsets.slice(3));
    store.trim("s", 2 ** 35);
    store.trim("s", 3);
    store.trim("never there", 3);
    await store.flush();
    assert.deepEqual(offsetsOf(await all(store, "s")), offsets.slice(5));
    assert.deepEqual([store.stats().streams, store.stats().streamEntries], [1, 2]);
  });

  test("what is appended and trimmed in one turn is one group, and the entry is copied", async (t) => {
    const { store } = await open(await newGround(t));
    await store.flush();
    const { writes } = store.stats();
    const entry = Buffer.from("as it was");
    const first = store.flush();
    for (let offset = 1; offset <= 100; offset++) {
      store.append("s", offset, entry);
      assert.equal(store.stats().waiting, offset);
    }
    store.trim("s", 50);
    assert.equal(store.stats().waiting, 150);
    assert.ok(store.stats().waitingBytes > 100 * entry.length);
    entry.fill(0);
    assert.deepEqual(await all(store, "s"), [], "only what has been written is found");
    const group = store.flush();
    assert.notEqual(group, first, "nothing was gathered before");
    await group;
    assert.deepEqual([store.stats().writes, store.stats().waiting], [writes + 1, 0]);
    const entries = await all(store, "s");
    assert.deepEqual([entries.length, entries[0]?.offset], [50, 51]);
    assert.ok(entries.every((one) => one.entry.toString() === "as it was"));
  });

  test("a stream that is begun anew gives nothing of the one before, whenever it is read", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    const { store } = opened;
    fill(store, "s", 1, 10);
    await store.flush();
    for (const remove of [() => store.dropStream("s"), () => store.trim("s", 10)]) {
      const reading = all(store, "s");
      remove();
      assert.deepEqual(await collect(store.streams()), []);
      for (let offset = 3; offset <= 10; offset++) store.append("s", offset, Buffer.from("new"));
      const before = await reading;
      assert.ok(before.every(({ entry }) => entry.toString() !== "new"));
      assert.deepEqual(await all(store, "s"), [], "nothing new is written yet");
      await store.flush();
      const after = await all(store, "s");
      assert.deepEqual(offsetsOf(after), [3, 4, 5, 6, 7, 8, 9, 10]);
      assert.ok(after.every(({ entry }) => entry.toString() === "new"));
      store.dropStream("s");
      await store.flush();
      fill(store, "s", 1, 10);
      await store.flush();
    }
    opened = await restart(ground, opened);
    await check(opened.store, "s", 1, 10);
  });

  test("a crash leaves of streams and of all else what one group held", async (t) => {
    const ground = await newGround(t);
    const { store } = await open(ground);
    const client = Client.create(store, "a");
    for (let round = 1; round <= 5; round++) {
      const step = (number: number) => {
        fill(store, "s", number * 10, number * 10 + 9);
        store.trim("s", number * 10 - 1);
        store.enqueue(messageWith({ time: number }), [client.place()]);
      };
      step(2 * round);
      await store.flush();
      step(2 * round + 1); // under way when the crash comes
      const { store: after, sessions } = await open(await ground.crash());
      const entries = await all(after, "s");
      const messages = (await sessions.get("a")?.queue.read(0, 1_000)) ?? [];
      const last = messages.at(-1)?.message.time ?? 0;
      assert.ok(last === 2 * round || last === 2 * round + 1);
      assert.deepEqual([entries.length, entries[0]?.offset], [10, last * 10]);
      await after.close();
      await store.flush();
    }
  });

  test("a store that falls behind with entries says so until it has caught up", async (t) => {
    const { store } = await open(await newGround(t));
    const entry = Buffer.alloc(1024 * 1024);
    for (let offset = 1; offset <= 100; offset++) store.append("s", offset, entry);
    assert.deepEqual([store.behind, store.full], [true, false]);
    await store.flush();
    assert.equal(store.behind, false);
    const entries = await store.readStream("s", 0, 100, 3 * 1024 * 1024);
    assert.deepEqual(offsetsOf(entries), [1, 2, 3]);
  });
}
