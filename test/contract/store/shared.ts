import assert from "node:assert/strict";
import { test } from "node:test";
import { messageWith } from "../../unit/storage/hostile.js";
import { Client } from "./client.js";
import { type NewGround, type Opened, open, restart, settle } from "./ground.js";

const SIZE = 100_000;

function clientsOf({ sessions }: Opened): Client[] {
  return [...sessions.values()].map((session) => Client.of(session));
}

export function shared(newGround: NewGround): void {
  test("a message in 10,000 queues takes little more than its payload", async (t) => {
    const { store } = await open(await newGround(t));
    const clients = Array.from({ length: 10_000 }, (_, index) => Client.create(store, `client ${index}`));
    await store.flush();
    const before = store.stats().bytes;
    store.enqueue(
      messageWith({ payload: Buffer.alloc(SIZE) }),
      clients.map((client) => client.place()),
    );
    await store.flush();
    assert.ok(store.stats().bytes - before < 10 * SIZE, `${store.stats().bytes - before} bytes`);
    await store.close();
  });

  for (const count of [1, 2, 10, 1000])
    test(`a message in ${count} queues is written once, and goes with the last of them`, async (t) => {
      const ground = await newGround(t);
      let opened = await open(ground);
      const { store } = opened;
      const created = Array.from({ length: count }, (_, index) => Client.create(store, `client ${index}`));
      await store.flush();
      const before = store.stats().bytes;
      const payload = Buffer.alloc(SIZE, count);
      store.enqueue(
        messageWith({ payload }),
        created.map((client) => client.place()),
      );
      await store.flush();
      const written = store.stats().bytes - before;
      assert.ok(written > SIZE && written < SIZE + 1000 + count * 100, `${written} bytes`);
      const blocks = count > 1 ? 1 : 0;
      assert.equal(store.stats().blocks, blocks);

      opened = await restart(ground, opened);
      assert.equal(opened.store.stats().blocks, blocks);
      const clients = clientsOf(opened);
      assert.equal(clients.length, count);
      const [last, ...others] = clients;
      assert.ok(last);
      for (const client of others) {
        const [entry] = await client.receive(10);
        assert.ok(entry?.message.payload.equals(payload));
        client.acknowledgeAll();
      }
      await settle(opened.store, others.slice(0, 10));
      assert.equal(opened.store.stats().blocks, blocks);
      opened = await restart(ground, opened);
      const lastAgain = clientsOf(opened).find(({ clientId }) => clientId === last.clientId);
      assert.ok(lastAgain);
      const [entry] = await lastAgain.receive(10);
      assert.ok(entry?.message.payload.equals(payload));
      lastAgain.acknowledgeAll();
      const { store: again } = opened;
      await settle(again, [lastAgain], () => again.stats().blocks === 0);
      await settle(again, [lastAgain]);
      assert.equal(again.stats().blocks, 0);
      opened = await restart(ground, opened);
      assert.equal(opened.store.stats().blocks, 0);
      await opened.store.close();
      assert.equal(await ground.rows(), 2 * count, "a session and the state of its queue for each");
    });

  test("a message that is shared stays for those who need it, whoever has done with it before or gone", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    const names = ["fast", "slow", "removed"];
    for (const name of names) Client.create(opened.store, name);
    opened = await restart(ground, opened);
    const { store } = opened;
    const [fast, removed, slow] = clientsOf(opened);
    assert.ok(fast && slow && removed);
    fast.queue.attached = true;
    for (let number = 0; number < 300; number++) {
      const message = messageWith({ payload: Buffer.alloc(3000, number) });
      store.enqueue(
        message,
        [fast, slow, removed].map((client) => client.place()),
      );
      await store.flush();
      await fast.receive(10);
      fast.acknowledgeAll();
    }
    await store.removeSession(removed.queue);
    await settle(store, [fast]);
    const entries = await slow.receive(1000);
    assert.equal(entries.length, 300);
    for (const [index, { message }] of entries.entries()) assert.equal(message.payload[0], index % 256);
    slow.acknowledgeAll();
    await settle(store, [slow], () => store.stats().blocks === 0);
    assert.equal(store.stats().blocks, 0);
    assert.equal(store.stats().damaged, 0);
  });
}
