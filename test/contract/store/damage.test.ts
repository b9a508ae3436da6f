import assert from "node:assert/strict";
import { test } from "node:test";
import {
  blockKey,
  Kind,
  pageKey,
  readClientKey,
  readSequence,
  versionKey,
} from "../../../src/storage/level/format/keys.js";
import { type Store, StoreError } from "../../../src/storage/store.js";
import { messageWith } from "../../unit/storage/hostile.js";
import { Client } from "./client.js";
import { addOne, contents, fill, flip, lossOf } from "./damage-ground.js";
import { numbersOf, open } from "./ground.js";
import { LevelGround, type LogLine } from "./level-ground.js";

test("a flipped byte in any row is told of, takes nothing else with it, and removes nothing", async (t) => {
  const ground = await LevelGround.create(t);
  await fill(ground);
  const keys = await ground.keys();
  const opened = await open(ground);
  const expected = await contents(opened);
  const lasts = new Map([...opened.sessions].map(([name, { last }]) => [name, last]));
  await opened.store.close();
  assert.equal(keys.length, 1 + 2 * (1 + 2 + 2 + 1 + 1 + 1 + 4) + 4 + 2 * 3);

  for (const key of keys.filter((each) => !each.equals(versionKey)))
    for (const at of [() => 0, (length: number) => length >> 1, (length: number) => length - 1]) {
      const damaged = await ground.crash();
      await flip(damaged, key, at);
      const again = await open(damaged);
      const found = await contents(again);
      const { lost, named } = lossOf(key);
      const missing = [...expected].filter((line) => !found.has(line));
      const what = `${lost}: ${missing.join(", ")}`;
      assert.ok(missing.length > 0 && missing.every((line) => lost.test(line)), what);
      // Without its own row a session is there, and its queue is at the beginning.
      for (const line of found) assert.ok(expected.has(line) || lost.test(line), line);
      assert.ok(again.store.stats().damaged > 0, what);
      const [field, value] = Object.entries(named)[0] ?? [];
      assert.ok(
        damaged.errors.some((line) => line[field as keyof LogLine] === value),
        `${what}: ${JSON.stringify(damaged.errors)}`,
      );
      for (const [name, session] of again.sessions) assert.ok(session.last >= (lasts.get(name) ?? 0), what);

      await addOne(again);
      await again.store.close();
      const left = new Set((await damaged.keys()).map((each) => each.toString("hex")));
      for (const each of keys) assert.ok(left.has(each.toString("hex")), `${what}: ${each.toString("hex")}`);
      const later = await open(damaged);
      assert.deepEqual((await contents(later)).size, found.size + 2, what);
      assert.ok(later.store.stats().damaged > 0, `${what}: still there`);
      await later.store.close();
    }
});

test("a flipped byte in the format's row keeps the store from being opened, and nothing is touched", async (t) => {
  const ground = await LevelGround.create(t);
  await fill(ground);
  const keys = await ground.keys();
  await flip(ground, versionKey, () => 0);
  await assert.rejects(ground.create().open(), StoreError);
  assert.deepEqual(await ground.keys(), keys);
});

test("a row whose key is damaged is told of, and is not taken for what a removal has left", async (t) => {
  const ground = await LevelGround.create(t);
  await fill(ground);
  const keys = await ground.keys();
  for (const kind of [Kind.session, Kind.subscription, Kind.page, Kind.incoming, Kind.state, Kind.stream]) {
    const key = keys.find((each) => each[0] === kind) ?? assert.fail();
    // Length and identifier of the client, and what follows.
    for (const at of new Set([1, 2, 3, key.length - 8, key.length - 1].filter((each) => each > 0))) {
      const damaged = await ground.crash();
      const moved = Buffer.from(key);
      moved[at] = (moved[at] ?? 0) ^ 0x80;
      await damaged.raw(async (level) => {
        const value = await level.get(key);
        assert.ok(value);
        await level.batch([
          { type: "del", key },
          { type: "put", key: moved, value },
        ]);
      });
      const opened = await open(damaged);
      await contents(opened);
      assert.ok(opened.store.stats().damaged > 0, `${kind}, ${at}`);
      await addOne(opened);
      await opened.store.close();
      const left = new Set((await damaged.keys()).map((each) => each.toString("hex")));
      for (const each of [moved, ...keys.filter((other) => other !== key)])
        assert.ok(left.has(each.toString("hex")), `${kind}, ${at}: ${each.toString("hex")}`);
    }
  }
});

test("messages whose block is gone are told of, and get nobody else's content", async (t) => {
  const ground = await LevelGround.create(t);
  await fill(ground);
  await ground.raw(async (level) => {
    for (const id of [1, 2, 3, 4]) await level.del(blockKey(id));
  });
  const opened = await open(ground);
  const clients = [...opened.sessions.values()].map((session) => Client.of(session));
  const message = messageWith({ payload: Buffer.alloc(200, 99) });
  opened.store.enqueue(
    message,
    clients.map((client) => client.place()),
  );
  await opened.store.flush();
  for (const { queue } of clients) {
    const entries = await queue.read(0, 100);
    assert.deepEqual(numbersOf(entries), [1, 3, 5, 7, 9]);
    assert.deepEqual(
      entries.map((entry) => entry.message.payload[0]),
      [0, 1, 2, 3, 99],
    );
  }
  assert.ok(ground.errors.some(({ client }) => client === "dev10"));
});

test("a damaged page stays when its session's other pages go, and goes with its session", async (t) => {
  const ground = await LevelGround.create(t);
  await fill(ground);
  const page = pageKey("dev1", 3);
  await flip(ground, page, (length) => length - 1);
  const opened = await open(ground);
  const client = Client.of(opened.sessions.get("dev1") ?? assert.fail());
  client.acknowledgeAll();
  client.drop(client.last);
  const { store }: { store: Store } = opened;
  for (let round = 0; round < 10; round++) {
    client.queue.changed();
    await store.flush();
    await client.queue.read(0, 100);
  }
  await store.close();
  const pages = (keys: readonly Buffer[]) =>
    keys.filter((key) => key[0] === Kind.page && readClientKey(key).clientId === "dev1").map(readSequence);
  assert.deepEqual(pages(await ground.keys()), [3]);
  const again = await open(ground);
  await again.store.removeSession(again.sessions.get("dev1")?.queue ?? assert.fail());
  await again.store.close();
  assert.deepEqual(pages(await ground.keys()), []);
});
