import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Store } from "../../../src/storage/store.js";
import { messageWith } from "../../unit/storage/hostile.js";
import { Client } from "./client.js";
import { collect, type NewGround, numbersOf, type Opened, open, restart, settle } from "./ground.js";

const MANY = 1500;

/** Puts messages that take a page each, every third of them shared with another client. */
function fill(store: Store, client: Client, other: Client, count = MANY): void {
  for (let number = 1; number <= count; number++) {
    const places = number % 3 === 0 ? [client.place(), other.place()] : [client.place()];
    store.enqueue(messageWith({ payload: Buffer.alloc(17_000, number) }), places);
  }
  const { clientId } = client;
  for (let index = 0; index < 700; index++) {
    store.write({ type: "subscribe", clientId, filter: `f/${index}`, qos: 1 });
    store.write({ type: "add-incoming", clientId, packetId: index + 1 });
  }
}

async function checkOther({ sessions }: Opened, count: number): Promise<Client> {
  const session = sessions.get("stays");
  assert.ok(session);
  const entries = await session.queue.read(0, 100_000);
  assert.equal(entries.length, count);
  for (const [index, { message }] of entries.entries())
    assert.ok(message.payload.equals(Buffer.alloc(17_000, (index + 1) * 3)));
  return Client.of(session);
}

/** Nothing but the other client's session and its messages may be left. */
async function finish({ store }: Opened, other: Client): Promise<void> {
  other.drop(other.last);
  await settle(store, [other], () => store.stats().blocks === 0);
  assert.equal(store.stats().blocks, 0);
  await store.removeSession(other.queue);
  await store.close();
}

export function removal(newGround: NewGround): void {
  test("a session goes with all that belongs to it, however much that is, and may come again", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    const { store } = opened;
    const other = Client.create(store, "stays");
    const client = Client.create(store, "goes");
    fill(store, client, other);
    await store.flush();
    await client.receive(10);
    await store.removeSession(client.queue);
    assert.deepEqual(await client.queue.read(0, 10), []);
    const again = Client.create(store, "goes");
    store.enqueue(messageWith(), [again.place()]);
    await store.flush();
    assert.deepEqual(numbersOf(await again.queue.read(0, 10)), [1]);
    opened = await restart(ground, opened);
    const session = opened.sessions.get("goes");
    assert.deepEqual([session?.last, session?.passed, session?.unacknowledged], [1, 0, []]);
    assert.deepEqual([session?.subscriptions.size, session?.incoming], [0, []]);
    if (session) await opened.store.removeSession(session.queue);
    await finish(opened, await checkOther(opened, MANY / 3));
    assert.equal(await ground.rows(), 0);
  });

  test("a session that is removed while it is written to, read and cleared up leaves nothing", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    const { store } = opened;
    const other = Client.create(store, "stays");
    await store.flush();
    for (let round = 0; round < 12; round++) {
      const client = Client.create(store, "goes");
      client.queue.attached = round % 2 === 0;
      fill(store, client, other, 30);
      if (round % 4 > 0) await store.flush();
      if (round % 4 > 1) await client.receive(round);
      client.acknowledge(1, 2, 3, 5, 6);
      for (let wait = round % 5; wait > 0; wait--) await turn();
      fill(store, client, other, 30);
      const reading = client.queue.read(0, 100);
      const removed = store.removeSession(client.queue);
      client.queue.changed();
      client.queue.attached = false;
      await Promise.all([reading, removed]);
    }
    opened = await restart(ground, opened);
    assert.deepEqual([...opened.sessions.keys()], ["stays"]);
    const session = opened.sessions.get("stays");
    assert.ok(session);
    assert.equal((await session.queue.read(0, 1000)).length, 240);
    await finish(opened, Client.of(session));
    assert.equal(await ground.rows(), 0);
  });

  test("many sessions may be removed at once", async (t) => {
    const ground = await newGround(t);
    const { store } = await open(ground);
    const clients = Array.from({ length: 200 }, (_, index) => Client.create(store, `c${index}`));
    for (let number = 0; number < 20; number++)
      store.enqueue(
        messageWith({ payload: Buffer.alloc(2000) }),
        clients.map((client) => client.place()),
      );
    await Promise.all(clients.map(({ queue }) => store.removeSession(queue)));
    assert.equal(store.stats().blocks, 0);
    await store.close();
    assert.equal(await ground.rows(), 0);
  });

  test("what a crash leaves of a removal is removed at the next start, and nothing else", async (t) => {
    for (let moment = 0; moment < 8; moment++) {
      const ground = await newGround(t);
      const { store } = await open(ground);
      const other = Client.create(store, "stays");
      const client = Client.create(store, "goes");
      fill(store, client, other, 600);
      await store.flush();
      const { writes } = store.stats();
      let isOver = false;
      const removed = store.removeSession(client.queue).finally(() => {
        isOver = true;
      });
      while (!isOver && store.stats().writes < writes + moment) await turn();
      const left = await ground.crash();
      await removed;
      await store.close();

      let opened = await open(left);
      const session = opened.sessions.get("goes");
      if (session) {
        assert.equal(session.subscriptions.size, 700, "it is whole as long as it is there");
        assert.equal((await session.queue.read(0, 1000)).length, 600);
        await opened.store.removeSession(session.queue);
      }
      opened = await restart(left, opened);
      assert.deepEqual([...opened.sessions.keys()], ["stays"]);
      await finish(opened, await checkOther(opened, 200));
      assert.equal(await left.rows(), 0, `crash after ${moment} writes`);
    }
  });

  test("removing a session leaves its will, which may still be owed", async (t) => {
    const { store } = await open(await newGround(t));
    const client = Client.create(store, "a");
    store.write({ type: "put-will", will: { ...messageWith(), clientId: "a", brokerId: "b" } });
    await store.removeSession(client.queue);
    assert.equal((await collect(store.wills())).length, 1);
  });
}
