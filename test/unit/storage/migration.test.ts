import assert from "node:assert/strict";
import { test } from "node:test";
import { migrate } from "../../../src/storage/level/migration.js";
import { awkward, client, large, message, numbered } from "./migration/contents.js";
import { check, prepare, VERSION } from "./migration/ground.js";
import {
  type Contents,
  clientRow,
  clientRows,
  type OldRow,
  queueRow,
  retainedRow,
  rowsOf,
  version,
} from "./migration/old-database.js";

test("everything is found again, whatever the identifiers and topics are", async (t) => {
  const { level } = await prepare(t, rowsOf(awkward));
  const from = Date.now();
  await migrate(level);
  await check(level, awkward, from);
});

test("long queues and many retained messages go over in synced batches of a bounded size", async (t) => {
  const { level } = await prepare(t, rowsOf(large));
  const from = Date.now();
  const batches: number[] = [];
  const batch = level.batch.bind(level) as unknown as (operations: Put[], options: object) => Promise<void>;
  const watched = (operations: Put[], options: { sync: boolean }) => {
    assert.equal(options.sync, true);
    batches.push(operations.reduce((bytes, { key, value }) => bytes + key.length + value.length, 0));
    return batch(operations, options);
  };
  await migrate(Object.assign(level, { batch: watched }));
  assert.ok(batches.length > 5, `${batches.length} batches`);
  assert.ok(Math.max(...batches) < 1.5 * 1024 ** 2, `a batch of ${Math.max(...batches)} bytes`);
  await check(level, large, from);
});

interface Put {
  readonly key: Buffer;
  readonly value: Buffer;
}

test("once the database has format 2 nothing is changed but leftovers of format 1, and other formats are left alone", async (t) => {
  const { level } = await prepare(t, rowsOf(awkward));
  const from = Date.now();
  await migrate(level);
  const all = await level.iterator().all();
  await migrate(level);
  assert.deepEqual(await level.iterator().all(), all);
  await level.batch(
    Array.from(
      large.clients.flatMap((each) => [...clientRows(each)]),
      ([key, value]) => ({ type: "put", key, value }),
    ),
  );
  await migrate(level);
  assert.deepEqual(await level.iterator().all(), all);
  await check(level, awkward, from);
  for (const other of ["3", "10"]) {
    const { level } = await prepare(t, [...rowsOf(awkward), [VERSION, Buffer.from(other)]]);
    const before = await level.iterator().all();
    await migrate(level);
    assert.deepEqual(await level.iterator().all(), before);
  }
});

test("damaged rows are left out and named in the log; those beside them are not touched by it", async (t) => {
  const good = client("good", { subscriptions: { a: 1 }, queue: [...numbered(2), ...numbered(2, 4)] });
  const kept: Contents = { clients: [good], retained: [message("kept", "v", 1, true)] };
  const cut = (row: OldRow, bytes: number): OldRow => [row[0], row[1].subarray(0, row[1].length - bytes)];
  const flagged = ([key, value]: OldRow, flags: number): OldRow => [
    key,
    Buffer.from([flags, ...value.subarray(1)]),
  ];
  const nothing = Buffer.alloc(0);
  const damaged: [OldRow, object][] = [
    [cut(queueRow("good", 3, message("topic", "")), 1), { client: "good" }],
    [flagged(queueRow("good", 9, message("topic")), 0x13), { client: "good" }],
    [flagged(queueRow("good", 10, message("topic")), 0x00), { client: "good" }],
    [clientRow(0x10, "good", Buffer.from("x"), nothing), { client: "good" }],
    [clientRow(0x11, "good", Buffer.from("b"), nothing), { client: "good" }],
    [clientRow(0x11, "good", Buffer.from("c"), Buffer.from([3])), { client: "good" }],
    [clientRow(0x13, "good", Buffer.from("1"), nothing), { client: "good" }],
    [clientRow(0x14, "good", nothing, Buffer.from([9, 1, 2])), { client: "good" }],
    [clientRow(0x15, "good", nothing, nothing), { client: "good" }],
    [[Buffer.from([0x10, 0, 9, 0x78]), nothing], { client: "x" }],
    [[Buffer.from([0x10]), nothing], { client: "" }],
    [[retainedRow(message("lost"))[0], retainedRow(message("else"))[1]], { topic: "lost" }],
    [[retainedRow(message("none"))[0], nothing], { topic: "none" }],
  ];
  const { level } = await prepare(t, [...rowsOf(kept), ...damaged.map(([row]) => row)]);
  const errors: object[] = [];
  const infos: object[] = [];
  const from = Date.now();
  await migrate(level, {
    info: (details) => infos.push(details),
    error: ({ data, ...details }: { data?: string }) => errors.push(details),
  });
  await check(level, kept, from);
  const text = (list: object[]) => list.map((each) => JSON.stringify(each)).sort();
  assert.deepEqual(text(errors), text(damaged.map(([, named]) => named)));
  assert.equal((infos.at(-1) as { damaged: number }).damaged, damaged.length);
});

test("a database in which all is damaged does not flood the log", async (t) => {
  const rows = Array.from(
    { length: 1_000 },
    (_, i): OldRow => [Buffer.from([0x20, 0x30 + (i >> 8), i & 0xff]), Buffer.from("?")],
  );
  const { level } = await prepare(t, [version, ...rows]);
  let errors = 0;
  let damaged: unknown;
  await migrate(level, {
    info: (details) => {
      damaged = (details as { damaged?: number }).damaged;
    },
    error: () => errors++,
  });
  assert.deepEqual([errors, damaged], [100, 1_000]);
  await check(level, { clients: [], retained: [] }, 0);
});
