import assert from "node:assert/strict";
import { test } from "node:test";
import type { QoS, Store, StoredSession } from "../../../src/storage/store.js";
import { messageWith, TEXTS } from "../../unit/storage/hostile.js";
import { Client } from "./client.js";
import { collect, type NewGround, numbersOf, open, restart } from "./ground.js";

function give(store: Store, clientId: string, index: number): Client {
  const client = Client.create(store, clientId);
  const qos = (index % 3) as QoS;
  for (const filter of [`f/${index}`, TEXTS[index] ?? "", "common"])
    store.write({ type: "subscribe", clientId, filter, qos });
  store.write({ type: "add-incoming", clientId, packetId: index });
  store.write({ type: "add-incoming", clientId, packetId: 65_535 });
  const will = { ...messageWith({ topic: clientId }), clientId, brokerId: `b${index}` };
  store.write({ type: "put-will", will });
  store.enqueue(messageWith({ payload: Buffer.from(`for ${index}`) }), [client.place()]);
  return client;
}

async function check(store: Store, found: StoredSession | undefined, index: number): Promise<void> {
  assert.ok(found, `session ${index}`);
  const qos = index % 3;
  const filters = [`f/${index}`, TEXTS[index] ?? "", "common"];
  assert.deepEqual(new Map(found.subscriptions), new Map(filters.map((filter) => [filter, qos])));
  assert.deepEqual(found.incoming, [index, 65_535]);
  const entries = await found.queue.read(0, 10);
  assert.deepEqual(
    entries.map(({ sequence, message }) => [sequence, message.payload.toString()]),
    [[1, `for ${index}`]],
  );
  const wills = (await collect(store.wills())).filter(({ clientId }) => clientId === found.clientId);
  assert.deepEqual(
    wills.map(({ topic, brokerId }) => [topic, brokerId]),
    [[found.clientId, `b${index}`]],
  );
}

export function identifiers(newGround: NewGround): void {
  test("sessions with awkward identifiers keep to themselves, and go without touching others", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    for (const [index, clientId] of TEXTS.entries()) give(opened.store, clientId, index);
    opened = await restart(ground, opened);
    assert.equal(opened.sessions.size, TEXTS.length);
    const left = new Map(TEXTS.entries());
    for (const [index, clientId] of left) await check(opened.store, opened.sessions.get(clientId), index);
    for (const [index, clientId] of TEXTS.entries()) {
      const session = opened.sessions.get(clientId);
      assert.ok(session);
      await opened.store.removeSession(session.queue);
      opened.store.write({ type: "remove-will", clientId });
      left.delete(index);
      if (index % 4 === 0) opened = await restart(ground, opened);
      else await opened.store.flush();
      for (const [other, id] of left) await check(opened.store, opened.sessions.get(id), other);
    }
    await opened.store.close();
    assert.equal(await ground.rows(), 0);
  });

  test("a client that is removed takes nothing of one whose identifier begins with its own", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    const { store } = opened;
    const [one, ten] = ["dev1", "dev10"].map((clientId, index) => give(store, clientId, index));
    assert.ok(one && ten);
    for (let number = 0; number < 100; number++)
      store.enqueue(messageWith({ payload: Buffer.alloc(1000, number) }), [one.place(), ten.place()]);
    await store.removeSession(one.queue);
    assert.deepEqual(await one.queue.read(0, 10), []);
    opened = await restart(ground, opened);
    assert.deepEqual([...opened.sessions.keys()], ["dev10"]);
    const session = opened.sessions.get("dev10");
    assert.equal(session?.subscriptions.size, 3);
    assert.deepEqual(session?.incoming, [1, 65_535]);
    const entries = (await session?.queue.read(1, 1000)) ?? [];
    assert.deepEqual(
      numbersOf(entries),
      Array.from({ length: 100 }, (_, index) => index + 2),
    );
    assert.ok(entries.every(({ message }, index) => message.payload.equals(Buffer.alloc(1000, index))));
  });
}
