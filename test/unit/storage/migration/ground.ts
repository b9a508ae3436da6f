import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { Level } from "level";
import { temporaryDirectory } from "../../../helpers/temporary-directory.js";
import { type NewClient, readNew } from "./new-database.js";
import type { Contents, OldClient, OldRow } from "./old-database.js";

export type Database = Level<Buffer, Buffer>;

export const VERSION = Buffer.from([0x01]);
const OLD = { gte: Buffer.from([0x10]), lt: Buffer.from([0x21]) };

export async function prepare(t: TestContext, rows: Iterable<OldRow>) {
  const path = await temporaryDirectory(t, "migration");
  const open = async () => {
    const level: Database = new Level(path, { keyEncoding: "buffer", valueEncoding: "buffer" });
    t.after(() => level.close());
    await level.open();
    return level;
  };
  const level = await open();
  await level.batch(Array.from(rows, ([key, value]) => ({ type: "put", key, value })));
  return { level, open };
}

/** The state that a queue must have gone on with, by the numbers in it; undefined: nothing was released. */
function stateOf(queue: OldClient["queue"]): NewClient["state"] {
  const passed = Math.max(0, ...queue.filter(([, message]) => !message).map(([sequence]) => sequence));
  if (passed === 0) return undefined;
  const unacknowledged = queue
    .filter(([sequence]) => sequence <= passed)
    .map(([sequence, message]) => ({ sequence, released: !message }));
  return { passed, unacknowledged };
}

/** Compares all that is in the database; messages must have got a time since `from`. */
export async function check(level: Database, contents: Contents, from: number): Promise<void> {
  const { clients, retained } = await readNew(level);
  const times = new Set<number>();
  const timeless = <T extends { time: number }>({ time, ...rest }: T) => {
    times.add(time);
    return rest;
  };
  assert.equal((await level.get(VERSION)).toString(), "2");
  assert.deepEqual(await level.keys(OLD).all(), []);
  assert.deepEqual([...clients.keys()].sort(), contents.clients.map(({ id }) => id).sort());
  for (const { id, subscriptions, incoming, queue, will } of contents.clients) {
    const found = clients.get(id);
    assert.ok(found);
    assert.equal(found.awaySince, undefined);
    assert.deepEqual(found.subscriptions, subscriptions);
    assert.deepEqual(found.incoming, incoming);
    assert.deepEqual(
      found.queue.map(([sequence, message]) => [sequence, timeless(message)]),
      queue.filter(([, message]) => message),
    );
    assert.deepEqual(found.state, stateOf(queue));
    assert.deepEqual(found.will && timeless(found.will), will && { ...will, clientId: id });
  }
  assert.deepEqual(
    new Map(Array.from(retained, ([topic, message]) => [topic, timeless(message)])),
    new Map(contents.retained.map((message) => [message.topic, message])),
  );
  for (const time of times) assert.ok(time >= from && time <= Date.now(), `a message of ${time}`);
}
