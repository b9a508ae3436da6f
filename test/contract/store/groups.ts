import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreError } from "../../../src/storage/store.js";
import { messageWith } from "../../unit/storage/hostile.js";
import { Client } from "./client.js";
import { collect, type NewGround, open } from "./ground.js";

export function groups(newGround: NewGround): void {
  test("what is asked for in one turn is one write, and has one promise", async (t) => {
    const { store } = await open(await newGround(t));
    await store.flush();
    const { writes } = store.stats();
    const client = Client.create(store, "a");
    const first = store.flush();
    for (let number = 0; number < 50; number++) {
      store.enqueue(messageWith(), [client.place()]);
      store.retain(messageWith({ topic: `t/${number}` }));
      client.queue.changed();
      assert.equal(store.flush(), first);
    }
    assert.ok(store.stats().waiting >= 100);
    await first;
    assert.equal(store.stats().writes, writes + 1);
    assert.deepEqual([store.stats().waiting, store.stats().waitingBytes], [0, 0]);
    await store.flush();
    assert.equal(store.stats().writes, writes + 1, "nothing more was asked for");
  });

  test("groups resolve in the order of the calls, each when it is written", async (t) => {
    const { store } = await open(await newGround(t));
    const client = Client.create(store, "a");
    const order: number[] = [];
    const groups: Promise<void>[] = [];
    for (let number = 1; number <= 30; number++) {
      store.enqueue(messageWith(), [client.place()]);
      const group = store.flush().then(() => {
        order.push(number);
      });
      groups.push(group);
      if (number % 3 === 0) await group;
    }
    await Promise.all(groups);
    assert.deepEqual(
      order,
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
  });

  test("a crash leaves whole groups, and of what was waited for all", async (t) => {
    const ground = await newGround(t);
    const { store } = await open(ground);
    const client = Client.create(store, "a");
    const other = Client.create(store, "b");
    for (let round = 1; round <= 5; round++) {
      for (let number = 0; number < 20; number++) {
        store.retain(messageWith({ topic: `${number}`, time: round }));
        store.enqueue(messageWith({ time: round }), [client.place(), other.place()]);
      }
      await store.flush();
      // What follows is under way when the crash comes.
      store.retain(messageWith({ topic: "0", time: round + 1 }));
      store.enqueue(messageWith({ time: round + 1 }), [client.place(), other.place()]);
      const left = await ground.crash();
      const { store: after, sessions } = await open(left);
      const times = (await collect(after.retained("#"))).map(({ time }) => time);
      assert.equal(times.length, 20);
      const queues = [...sessions.values()].map(({ queue }) => queue.read(0, 1000));
      const counts = (await Promise.all(queues)).map(({ length }) => length);
      const isThere = times.includes(round + 1) ? 1 : 0;
      assert.deepEqual(counts, [round * 21 - 1 + isThere, round * 21 - 1 + isThere]);
      assert.equal(times.filter((time) => time === round).length, 20 - isThere);
      await after.close();
      await store.flush();
    }
  });

  test("a store that is closed has written everything, and takes no more", async (t) => {
    const ground = await newGround(t);
    const { store } = await open(ground);
    store.retain(messageWith({ topic: "a" }));
    const closed = store.close();
    await assert.rejects(store.flush(), StoreError);
    await closed;
    const { store: again } = await open(ground);
    assert.equal((await collect(again.retained("#"))).length, 1);
    assert.equal(again.failingSince, undefined);
    assert.deepEqual([again.behind, again.full], [false, false]);
  });

  test("a store that falls behind says so until it has caught up", async (t) => {
    const { store } = await open(await newGround(t));
    const client = Client.create(store, "a");
    const payload = Buffer.alloc(1024 * 1024);
    for (let number = 0; number < 100; number++) store.enqueue(messageWith({ payload }), [client.place()]);
    assert.ok(store.behind);
    assert.ok(!store.full, "it can write");
    await store.flush();
    assert.ok(!store.behind);
  });

  test("how long was waited is counted for groups that somebody waited for", async (t) => {
    const { store } = await open(await newGround(t));
    const before = store.waits().count;
    for (let number = 0; number < 5; number++) {
      store.retain(messageWith({ topic: "a" }));
      await store.flush();
    }
    const { count, counts, bounds, sum } = store.waits();
    assert.equal(count, before + 5);
    assert.deepEqual([counts.length, counts.at(-1)], [bounds.length + 1, count]);
    assert.ok(sum > 0);
  });
}
