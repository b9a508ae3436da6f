import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { LevelStore } from "../../../src/storage/level/level-store.js";
import type { Change, QoS, StoredMessage } from "../../../src/storage/store.js";

async function openStore(t: TestContext, directory?: string) {
  const path = directory ?? (await mkdtemp(join(tmpdir(), "causeway-store-")));
  const store = new LevelStore({ directory: path });
  await store.open();
  t.after(async () => {
    await store.close();
    await rm(path, { recursive: true, force: true });
  });
  return { store, path };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const message = (topic: string, payload = topic, qos: QoS = 1, retain = false): StoredMessage => ({
  topic,
  payload: Buffer.from(payload),
  qos,
  retain,
});

/** Identifiers that would reach into each other's rows if keys were not delimited. */
const awkward = [
  "dev1",
  "dev10",
  "dev",
  "a/b",
  "a",
  "a!b",
  "\u00ff",
  "\uffff",
  "x".repeat(65_535),
  "ü".repeat(20_000),
];

test("sessions with awkward identifiers keep to themselves", async (t) => {
  const { store } = await openStore(t);
  const changes = awkward.flatMap((clientId, index): Change[] => [
    { type: "open-session", clientId },
    { type: "subscribe", clientId, filter: `f/${index}`, qos: (index % 3) as QoS },
    { type: "enqueue", clientId, sequence: index + 1, message: message("t", `for ${index}`) },
    { type: "add-incoming", clientId, packetId: index + 100 },
  ]);
  await store.commit(changes);
  const sessions = new Map((await collect(store.sessions())).map((session) => [session.clientId, session]));
  assert.equal(sessions.size, awkward.length);
  for (const [index, clientId] of awkward.entries()) {
    const session = sessions.get(clientId);
    assert.deepEqual([...(session?.subscriptions ?? [])], [[`f/${index}`, index % 3]]);
    assert.deepEqual(session?.queued, [index + 1]);
    assert.deepEqual(session?.incoming, [index + 100]);
    const [entry, ...more] = await store.queue(clientId, 0, 10);
    assert.equal(entry?.message?.payload.toString(), `for ${index}`);
    assert.equal(more.length, 0);
  }
  await store.removeSession("dev1");
  const left = (await collect(store.sessions())).map(({ clientId }) => clientId);
  assert.deepEqual(new Set(left), new Set(awkward.filter((id) => id !== "dev1")));
  assert.equal((await store.queue("dev10", 0, 10)).length, 1);
});

test("a queue is read in pages, in order, past 2^32", async (t) => {
  const { store } = await openStore(t);
  const start = 2 ** 32 - 5;
  const sequences = Array.from({ length: 20 }, (_, i) => start + i);
  await store.commit(
    sequences.map((sequence) => ({
      type: "enqueue",
      clientId: "c",
      sequence,
      message: message("t", `${sequence}`),
    })),
  );
  await store.commit([{ type: "dequeue", clientId: "c", sequence: start + 3 }]);
  await store.commit([{ type: "release", clientId: "c", sequence: start + 4 }]);
  const read: number[] = [];
  for (let after = 0; ; ) {
    const page = await store.queue("c", after, 7);
    if (page.length === 0) break;
    for (const { sequence, message: stored } of page) {
      read.push(sequence);
      assert.equal(stored === undefined, sequence === start + 4);
    }
    after = page.at(-1)?.sequence ?? 0;
  }
  assert.deepEqual(
    read,
    sequences.filter((sequence) => sequence !== start + 3),
  );
});

test("retained messages are found by exact topic and by wildcard, and only those", async (t) => {
  const { store } = await openStore(t);
  const topics = ["a", "a/b", "a/b/c", "ab", "a\uffff", "b", "$SYS/x", "a//c", "/", ""].filter(Boolean);
  await store.commit(
    topics.map((topic) => ({ type: "retain", message: message(topic, `v ${topic}`, 2, true) })),
  );
  const found = async (filter: string) =>
    (await collect(store.retained(filter))).map(({ topic }) => topic).sort();
  assert.deepEqual(await found("a/b"), ["a/b"]);
  assert.deepEqual(await found("a/#"), ["a", "a//c", "a/b", "a/b/c"]);
  assert.deepEqual(await found("a/+/c"), ["a//c", "a/b/c"]);
  assert.deepEqual(await found("#"), topics.filter((topic) => topic !== "$SYS/x").sort());
  assert.deepEqual(await found("missing"), []);
  await store.commit([{ type: "unretain", topic: "a/b" }]);
  assert.deepEqual(await found("a/b"), []);
  const [one] = await collect(store.retained("a"));
  assert.deepEqual(one && { ...one, payload: one.payload.toString() }, {
    topic: "a",
    payload: "v a",
    qos: 2,
    retain: true,
  });
});

test("what was committed is there after the store is opened again", async (t) => {
  const { store, path } = await openStore(t);
  const will = { ...message("w", "gone", 1, true), clientId: "c", brokerId: "b" };
  await store.commit([
    { type: "put-will", will },
    { type: "retain", message: message("r", "kept", 0, true) },
  ]);
  await store.close();
  const { store: again } = await openStore(t, path);
  const [stored] = await collect(again.wills());
  assert.deepEqual(stored && { ...stored, payload: stored.payload.toString() }, { ...will, payload: "gone" });
  assert.equal((await collect(again.retained("r"))).length, 1);
});

test("commits of one turn share one write, and resolve in the order of the calls", async (t) => {
  const { store } = await openStore(t);
  const before = store.stats().writes;
  const order: number[] = [];
  const retain = (i: number): Change => ({ type: "retain", message: message(`t/${i}`) });
  await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      store.commit(i % 3 === 0 ? [] : [retain(i)]).then(() => order.push(i)),
    ),
  );
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
  assert.equal(order.length, 50);
  assert.ok(store.stats().writes - before <= 2, `${store.stats().writes - before} writes`);
});
