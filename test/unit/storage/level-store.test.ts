import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Level } from "level";
import {
  blockKey,
  clientKey,
  incomingKey,
  Kind,
  pageKey,
  subscriptionKey,
  versionKey,
} from "../../../src/storage/level/format/keys.js";
import { sealed } from "../../../src/storage/level/format/row.js";
import { LevelStore } from "../../../src/storage/level/level-store.js";
import { type StoredSession, StoreError } from "../../../src/storage/store.js";
import { temporaryDirectory } from "../../helpers/temporary-directory.js";
import { messageWith } from "./hostile.js";

// What every store must do is in test/contract/store.

async function openStore(t: TestContext, directory: string): Promise<[LevelStore, StoredSession[]]> {
  const store = new LevelStore({ directory });
  await store.open();
  t.after(() => store.close());
  const sessions: StoredSession[] = [];
  for await (const session of store.sessions()) sessions.push(session);
  return [store, sessions];
}

/** Works on the database while no store has it. */
async function raw<T>(directory: string, work: (level: Level<Buffer, Buffer>) => Promise<T>): Promise<T> {
  const level = new Level<Buffer, Buffer>(directory, { keyEncoding: "buffer", valueEncoding: "buffer" });
  await level.open();
  try {
    return await work(level);
  } finally {
    await level.close();
  }
}

test("a directory that cannot be used is refused with a reason and a remedy", async (t) => {
  const directory = await temporaryDirectory(t, "store");
  const file = join(directory, "file");
  await writeFile(file, "");
  await assert.rejects(new LevelStore({ directory: file }).open(), (error) => {
    assert.ok(error instanceof StoreError);
    assert.match(error.message, /not a directory: name another one/);
    return true;
  });
  const data = join(directory, "data");
  await openStore(t, data);
  await assert.rejects(
    new LevelStore({ directory: data }).open(),
    /in use by another process: stop that one/,
  );
});

test("a directory of a newer version is refused, and opened again by one that knows it", async (t) => {
  const directory = await temporaryDirectory(t, "store");
  await raw(directory, (level) => level.put(versionKey, Buffer.from("3")));
  await assert.rejects(
    new LevelStore({ directory }).open(),
    /has format 3, and this version .* reads up to 2/,
  );
  await raw(directory, (level) => level.put(versionKey, Buffer.from("2")));
  await openStore(t, directory);
});

test("a store that is not open says so", async (t) => {
  const store = new LevelStore({ directory: await temporaryDirectory(t, "store") });
  const reading = store.wills()[Symbol.asyncIterator]().next();
  await assert.rejects(reading, /the store is not open/);
});

test("rows that belong to nobody go at the start, and blocks are numbered above all that were there", async (t) => {
  const directory = await temporaryDirectory(t, "store");
  const [store] = await openStore(t, directory);
  store.write({ type: "put-session", clientId: "m" });
  const queue = store.queue("m");
  const place = (sequence: number) => ({ queue, sequence, qos: 1, retain: false }) as const;
  store.enqueue(messageWith(), [place(1)]);
  await store.close();
  const before = await raw(directory, (level) => level.keys().all());
  await raw(directory, async (level) => {
    for (const client of ["a", "n", "mm"])
      for (const key of [
        subscriptionKey(client, "f"),
        incomingKey(client, 1),
        clientKey(Kind.state, client),
        pageKey(client, 1),
      ])
        await level.put(key, sealed(key, Buffer.alloc(12)));
    for (const key of [blockKey(7), blockKey(2 ** 32)]) await level.put(key, sealed(key, Buffer.alloc(20)));
  });
  const [again, sessions] = await openStore(t, directory);
  assert.deepEqual(
    sessions.map(({ clientId }) => clientId),
    ["m"],
  );
  await again.flush();
  const other = again.queue("o");
  const [session] = sessions;
  assert.ok(session);
  again.enqueue(messageWith(), [
    { ...place(2), queue: session.queue },
    { ...place(1), queue: other },
  ]);
  await again.close();
  const added = [blockKey(2 ** 32 + 1), pageKey("m", 2), pageKey("o", 1)];
  assert.deepEqual(
    await raw(directory, (level) => level.keys().all()),
    [...before, ...added].sort((a, b) => a.compare(b)),
  );
});

test("what waits is counted in changes and in bytes, and is told with the group under way", async (t) => {
  const [store] = await openStore(t, await temporaryDirectory(t, "store"));
  const queues = ["a", "b"].map((clientId) => store.queue(clientId));
  const waiting = () => [store.stats().waiting, store.stats().waitingBytes];
  assert.deepEqual(waiting(), [0, 0]);
  const message = messageWith({ payload: Buffer.alloc(1000) });
  store.enqueue(
    message,
    queues.map((queue) => ({ queue, sequence: 1, qos: 1, retain: false })),
  );
  store.retain(message);
  store.write({ type: "unretain", topic: "missing" });
  const [changes, bytes] = waiting();
  assert.equal(changes, 3);
  assert.ok(bytes !== undefined && bytes > 2000 && bytes < 2100);
  await store.flush();
  assert.deepEqual(waiting(), [0, 0]);
  const { rows, writes, failures } = store.stats();
  assert.deepEqual([rows, writes, failures], [4, 1, 0]);
});
