import assert from "node:assert/strict";
import { test } from "node:test";
import { messageWith } from "../../unit/storage/hostile.js";
import { randomFrom } from "../../unit/storage/random.js";
import { Client } from "./client.js";
import { type NewGround, numbersOf, open, restart, settle } from "./ground.js";

const numbered = (number: number, size = 20) => {
  const payload = Buffer.alloc(size);
  payload.writeDoubleBE(number);
  return messageWith({ payload });
};

/** All numbers of a queue, read with this limit; each message must be the one of its number. */
async function readAll({ queue }: Client, limit: number, after = 0): Promise<number[]> {
  const read: number[] = [];
  for (let at = after; ; ) {
    const entries = await queue.read(at, limit);
    assert.ok(entries.length <= limit);
    if (entries.length === 0) return read;
    for (const { sequence, message } of entries) {
      assert.ok(sequence > at, `${sequence} after ${at}`);
      assert.equal(message.payload.readDoubleBE(), sequence);
      read.push(sequence);
      at = sequence;
    }
  }
}

export function queues(newGround: NewGround): void {
  test("a queue is in order, in whatever portions it was written and is read, with restarts between", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    const random = randomFrom(1);
    const names = ["a", "b", "a\0"];
    const expected = new Map(names.map((name) => [name, [] as number[]]));
    let clients = names.map((name) => Client.create(opened.store, name));
    for (let group = 0; group < 60; group++) {
      for (let count = random(30); count > 0; count--) {
        const client = clients[random(3)];
        if (!client) continue;
        const { sequence, ...place } = client.place({ gap: random(20) === 0 ? random(10) : 0 });
        opened.store.enqueue(numbered(sequence, 8 + random(3) ** 8 * 10), [{ ...place, sequence }]);
        expected.get(client.clientId)?.push(sequence);
      }
      await opened.store.flush();
      if (group % 20 < 19) continue;
      opened = await restart(ground, opened);
      clients = [...opened.sessions.values()].map((session) => Client.of(session));
    }
    assert.equal(clients.length, 3);
    for (const client of clients) {
      const numbers = expected.get(client.clientId) ?? [];
      assert.equal(client.last, numbers.at(-1));
      assert.equal(opened.sessions.get(client.clientId)?.places.count, numbers.length);
      for (const limit of [1, 2, 7, 100, 100_000]) assert.deepEqual(await readAll(client, limit), numbers);
      for (let after = -1; after <= client.last + 1; after += 13)
        assert.deepEqual(
          await readAll(client, 50, after),
          numbers.filter((number) => number > after),
          `after ${after}`,
        );
      assert.deepEqual(await client.queue.read(0, 0), []);
    }
  });

  test("numbers may be large and far apart", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    const client = Client.create(opened.store, "a");
    const numbers = [1, 2, 255, 256, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 40, 2 ** 52, 2 ** 53 - 2];
    for (const sequence of numbers)
      opened.store.enqueue(numbered(sequence), [{ ...client.place(), sequence }]);
    opened = await restart(ground, opened);
    const session = opened.sessions.get("a");
    assert.ok(session);
    assert.deepEqual([session.last, session.places.count], [2 ** 53 - 2, numbers.length]);
    for (const limit of [1, 3, 100]) assert.deepEqual(await readAll(Client.of(session), limit), numbers);
  });

  test("what is written is found at once", async (t) => {
    const { store } = await open(await newGround(t));
    const client = Client.create(store, "a");
    for (let number = 1; number <= 5; number++) {
      store.enqueue(numbered(number), [client.place()]);
      await store.flush();
      assert.deepEqual(numbersOf(await client.queue.read(number - 1, 10)), [number]);
    }
  });

  test("numbers never start again, even when the queue was empty at a restart", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    let [got, dropped] = ["got", "dropped"].map((name) => Client.create(opened.store, name));
    for (let round = 1; round <= 3; round++) {
      assert.ok(got && dropped);
      const { store } = opened;
      for (let count = 0; count < 5; count++)
        store.enqueue(numbered(0, 9000), [got.place(), dropped.place()]);
      await store.flush();
      await got.receive(10);
      got.acknowledgeAll();
      dropped.drop(dropped.last);
      await settle(store, [got, dropped], () => store.stats().blocks === 0);
      assert.equal(store.stats().blocks, 0);
      for (let again = 0; again < 2; again++) {
        opened = await restart(ground, opened);
        for (const session of opened.sessions.values()) {
          assert.deepEqual([session.last, session.passed, session.places.count], [5 * round, 5 * round, 0]);
          assert.deepEqual(await session.queue.read(0, 10), []);
        }
      }
      [got, dropped] = ["got", "dropped"].map((name) => {
        const session = opened.sessions.get(name);
        return session && Client.of(session);
      });
    }
  });

  test("queues are read side by side, also while they are written", async (t) => {
    const { store } = await open(await newGround(t));
    const clients = Array.from({ length: 20 }, (_, index) => Client.create(store, `c${index}`));
    for (let number = 1; number <= 200; number++)
      store.enqueue(
        numbered(number, 300),
        clients.map((client) => client.place()),
      );
    await store.flush();
    const reading = clients.flatMap((client, index) =>
      [1 + index, 200].map(async (limit) => {
        const numbers = await readAll(client, limit);
        assert.deepEqual(
          numbers.slice(0, 200),
          Array.from({ length: 200 }, (_, place) => place + 1),
        );
      }),
    );
    for (let number = 201; number <= 250; number++) {
      store.enqueue(
        numbered(number),
        clients.map((client) => client.place()),
      );
      await store.flush();
    }
    await Promise.all(reading);
  });

  test("a full queue lets go of its oldest messages without reading them", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    const { store } = opened;
    const client = Client.create(store, "a");
    for (let number = 1; number <= 3000; number++) {
      store.enqueue(numbered(number, 500), [client.place()]);
      client.drop(number - 20);
      if (number % 50 === 0) await store.flush();
    }
    await settle(store, [client]);
    assert.deepEqual(
      await readAll(client, 10, client.passed),
      Array.from({ length: 20 }, (_, index) => 2981 + index),
    );
    opened = await restart(ground, opened);
    const session = opened.sessions.get("a");
    assert.deepEqual([session?.passed, session?.last, session?.places.count], [2980, 3000, 20]);
    await opened.store.close();
    assert.ok((await ground.rows()) < 20, `${await ground.rows()} rows`);
  });

  for (const attached of [true, false])
    test(`one message that is never acknowledged keeps few of 50,000 others, ${attached ? "there" : "away"}`, async (t) => {
      const ground = await newGround(t);
      const opened = await open(ground);
      const { store } = opened;
      const client = Client.create(store, "a");
      client.queue.attached = attached;
      store.enqueue(numbered(1), [client.place()]);
      await store.flush();
      await client.receive(1);
      for (let group = 0; group < 500; group++) {
        for (let count = 0; count < 100; count++)
          store.enqueue(numbered(client.last + 1, 300), [client.place()]);
        await store.flush();
        client.acknowledge(...numbersOf(await client.receive(1000)).filter((number) => number > 1));
      }
      assert.equal(client.passed, 50_001);
      await settle(store, [client]);
      assert.deepEqual((await readAll(client, 1000))[0], 1);
      await store.close();
      // In pages of 16 KiB there were 900.
      assert.ok((await ground.rows()) < 150, `${await ground.rows()} rows`);
    });
}
