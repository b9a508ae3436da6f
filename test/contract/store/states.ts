import assert from "node:assert/strict";
import { test } from "node:test";
import type { Unacknowledged } from "../../../src/storage/store.js";
import { MESSAGES, messageWith, NUMBERS, TEXTS } from "../../unit/storage/hostile.js";
import { randomFrom } from "../../unit/storage/random.js";
import { Client } from "./client.js";
import { type NewGround, numbersOf, open, restart, settle } from "./ground.js";

export function states(newGround: NewGround): void {
  test("what is owed to a client is known after every restart, and its messages are there", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    const random = randomFrom(7);
    let client = Client.create(opened.store, "a");
    for (let round = 0; round < 25; round++) {
      const { store } = opened;
      for (let count = random(40); count > 0; count--)
        store.enqueue(messageWith({ payload: Buffer.alloc(random(2000), count) }), [
          client.place({ gap: random(5) === 0 ? random(4) : 0, qos: 2 }),
        ]);
      await store.flush();
      client.queue.attached = random(2) === 0;
      await client.receive(random(40) + 1);
      for (const { sequence } of [...client.unacknowledged]) {
        const dice = random(6);
        if (dice < 3) client.acknowledge(sequence);
        else if (dice === 3) client.release(sequence);
      }
      if (random(2) === 0) client.queue.attached = false;
      await store.flush();
      opened = await restart(ground, opened);
      const session = opened.sessions.get("a");
      assert.ok(session);
      assert.deepEqual([session.passed, session.last], [client.passed, client.last]);
      assert.deepEqual(session.unacknowledged, client.unacknowledged);
      client = Client.of(session);
      const there = new Set(numbersOf(await session.queue.read(0, 100_000)));
      for (const { sequence, released } of client.unacknowledged)
        assert.ok(released || there.has(sequence), `round ${round}, ${sequence}`);
    }
    client.acknowledgeAll();
    client.drop(client.last);
    await settle(opened.store, [client]);
    await opened.store.removeSession(client.queue);
    await opened.store.close();
    assert.equal(await ground.rows(), 0);
  });

  test("as much as there are packet identifiers may be owed", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    const client = Client.create(opened.store, "a");
    const unacknowledged: Unacknowledged[] = Array.from({ length: 65_535 }, (_, index) => ({
      sequence: 2 ** 40 + index * 3,
      released: index % 2 === 0,
    }));
    client.queue.owner = { passed: 2 ** 41, unacknowledged };
    client.queue.changed();
    opened = await restart(ground, opened);
    const session = opened.sessions.get("a");
    assert.deepEqual(session?.unacknowledged, unacknowledged);
    assert.deepEqual([session?.passed, session?.last], [2 ** 41, 2 ** 41]);
  });

  test("messages come back as they were, each with the QoS and the retain flag of its place", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    const names = ["alone", "one of two", "the other"];
    const [alone, one, other] = names.map((name) => Client.create(opened.store, name));
    assert.ok(alone && one && other);
    for (const message of MESSAGES) {
      opened.store.enqueue(message, [alone.place({ qos: 2 })]);
      opened.store.enqueue(message, [one.place(), other.place({ qos: 2, retain: true })]);
    }
    opened = await restart(ground, opened);
    const flags = [
      { qos: 2, retain: false } as const,
      { qos: 1, retain: false } as const,
      { qos: 2, retain: true } as const,
    ];
    for (const [index, name] of names.entries()) {
      const entries = (await opened.sessions.get(name)?.queue.read(0, 1000)) ?? [];
      assert.deepEqual(
        entries.map(({ message }) => message),
        MESSAGES.map((message) => ({ ...message, ...flags[index] })),
      );
    }
  });

  test("a session's other rows are those that were written last", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    const { store } = opened;
    const clientId = "a";
    Client.create(store, clientId);
    for (const packetId of [1, 255, 256, 65_535]) store.write({ type: "add-incoming", clientId, packetId });
    store.write({ type: "subscribe", clientId, filter: "a/+", qos: 0 });
    store.write({ type: "subscribe", clientId, filter: "a/+", qos: 2 });
    store.write({ type: "subscribe", clientId, filter: "#", qos: 1 });
    await store.flush();
    store.write({ type: "remove-incoming", clientId, packetId: 255 });
    store.write({ type: "remove-incoming", clientId, packetId: 9 });
    store.write({ type: "unsubscribe", clientId, filter: "#" });
    store.write({ type: "unsubscribe", clientId, filter: "#" });
    for (const awaySince of [...NUMBERS.filter((time) => time < 2 ** 48), undefined]) {
      opened.store.write({
        type: "put-session",
        clientId,
        ...(awaySince === undefined ? {} : { awaySince }),
      });
      opened = await restart(ground, opened);
      const session = opened.sessions.get(clientId);
      assert.equal(session?.awaySince, awaySince);
      assert.equal(session?.owner, undefined);
      assert.deepEqual([...(session?.subscriptions ?? [])], [["a/+", 2]]);
      assert.deepEqual(session?.incoming, [1, 256, 65_535]);
    }
  });

  test("a session has an owner when one was put with it last", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    Client.create(opened.store, "dev1");
    const owners = TEXTS.filter((user) => user !== "").map((user) => ({
      user,
      stated: user.length % 2 === 0,
    }));
    for (const owner of [...owners, { user: "", stated: false }, undefined])
      for (const times of [{}, { awaySince: 5 }]) {
        opened.store.write({ type: "put-session", clientId: "dev1", ...times, ...(owner && { owner }) });
        opened = await restart(ground, opened);
        const session = opened.sessions.get("dev1");
        assert.deepEqual(session?.owner, owner);
        assert.equal(session?.awaySince, (times as { awaySince?: number }).awaySince);
      }
  });
}
