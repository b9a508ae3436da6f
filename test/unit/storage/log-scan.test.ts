import assert from "node:assert/strict";
import { cp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Level } from "level";
import { crc32c } from "../../../src/storage/level/crc32c.js";
import { type LogScan, scanLog } from "../../../src/storage/level/log-scan.js";
import { temporaryDirectory } from "../../helpers/temporary-directory.js";

const BLOCK = 32_768;

/** A closed database with one log, in which each value is a record of its own. */
interface Database {
  readonly directory: string;
  readonly logName: string;
  readonly log: Buffer;
  /** Where each record begins, and where the last one ends. */
  readonly bounds: readonly number[];
}

function open(directory: string): Level<string, Buffer> {
  return new Level<string, Buffer>(directory, { keyEncoding: "utf8", valueEncoding: "buffer" });
}

async function database(
  t: TestContext,
  values: readonly (Buffer | ((log: Buffer) => Buffer))[],
): Promise<Database> {
  const directory = await temporaryDirectory(t, "log");
  const level = open(directory);
  await level.open();
  const logName = (await readdir(directory)).find((name) => name.endsWith(".log")) ?? "";
  const path = join(directory, logName);
  const bounds = [0];
  for (const [number, value] of values.entries()) {
    const bytes = typeof value === "function" ? value(await readFile(path)) : value;
    await level.put(name(number), bytes, { sync: true });
    bounds.push((await stat(path)).size);
  }
  await level.close();
  return { directory, logName, log: await readFile(path), bounds };
}

function name(number: number): string {
  return String(number).padStart(3, "0");
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, number) => name(number));
}

function filled(...sizes: number[]): Buffer[] {
  return sizes.map((size, number) => Buffer.alloc(size, 97 + number));
}

/** What we say of the database with this log, and what LevelDB makes of it. */
async function judge(
  t: TestContext,
  { directory, logName }: Database,
  log: Buffer,
): Promise<{ scan: LogScan; found: string[] }> {
  const copy = await temporaryDirectory(t, "log");
  await cp(directory, copy, { recursive: true });
  await writeFile(join(copy, logName), log);
  const scan = await scanLog(join(copy, logName));
  const level = open(copy);
  const found = await level.keys().all();
  await level.close();
  await rm(copy, { recursive: true, force: true });
  return { scan, found };
}

/** Opening a database waits for the disk, so a few wait together. */
async function each<T>(cases: readonly T[], check: (one: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < cases.length; from += 16)
    await Promise.all(cases.slice(from, from + 16).map(check));
}

function flipped(log: Buffer, place: number): Buffer {
  const copy = Buffer.from(log);
  copy.writeUInt8(copy.readUInt8(place) ^ 0x10, place);
  return copy;
}

test("a log that is as it was written has no damage and no torn tail", async (t) => {
  const made = await database(t, filled(100, 2_000, 80_000, 50, 40_000, 300, 10));
  assert.deepEqual(await judge(t, made, made.log), {
    scan: { records: 7, tornTail: false },
    found: names(7),
  });
  assert.deepEqual((await judge(t, made, Buffer.alloc(0))).scan, { records: 0, tornTail: false });
});

test("a record may end wherever in its block it likes", async (t) => {
  // Each size leaves another number of bytes for the next header, down to none at all.
  for (let left = 0; left <= 9; left++) {
    const made = await database(t, [Buffer.alloc(BLOCK - 27 - left), ...filled(50, 10)]);
    assert.equal(made.bounds[1], BLOCK - left);
    assert.deepEqual((await judge(t, made, made.log)).scan, { records: 3, tornTail: false });
    const { scan, found } = await judge(t, made, made.log.subarray(0, -1));
    assert.deepEqual(scan, { records: 2, tornTail: true });
    assert.deepEqual(found, names(2));
  }
});

test("a flipped bit in a record that others follow is damage, of which LevelDB says nothing", async (t) => {
  const made = await database(t, filled(100, 2_000, 80_000, 50, 40_000, 300, 10));
  const count = made.bounds.length - 1;
  for (let record = 0; record < count - 1; record++)
    await each(places(made, record), async (place) => {
      const { scan, found } = await judge(t, made, flipped(made.log, place));
      const about = `record ${record}, byte ${place}`;
      assert.equal(scan.records, count - 1, about);
      assert.equal(scan.tornTail, false, about);
      assert.equal(scan.damage?.recordsAfter, count - 1 - record, about);
      const offset = scan.damage?.offset ?? -1;
      assert.ok(offset >= (made.bounds[record] ?? 0) && offset <= place, `${about}: ${offset}`);
      assert.ok(!found.includes(name(record)), about);
      assert.deepEqual(found.slice(0, record), names(record), about);
    });
});

test("a flipped bit in the last record is a torn tail, and LevelDB loses just that record", async (t) => {
  for (const last of [10, 5_000, 70_000]) {
    const made = await database(t, filled(100, 40_000, last));
    await each(places(made, 2), async (place) => {
      const { scan, found } = await judge(t, made, flipped(made.log, place));
      assert.deepEqual(scan, { records: 2, tornTail: true }, `byte ${place}`);
      assert.deepEqual(found, names(2));
    });
  }
});

test("a log that is cut anywhere in its last two records has lost what LevelDB does not return, and no more", async (t) => {
  const made = await database(t, filled(200, 60, 40));
  const begin = made.bounds[1] ?? 0;
  const lengths = Array.from({ length: made.log.length - begin + 1 }, (_, cut) => begin + cut);
  await each(lengths, async (length) => {
    const { scan, found } = await judge(t, made, made.log.subarray(0, length));
    const whole = made.bounds.filter((bound) => bound > 0 && bound <= length).length;
    assert.deepEqual(scan, { records: whole, tornTail: !made.bounds.includes(length) }, `cut to ${length}`);
    assert.deepEqual(found, names(whole));
  });
});

test("a record over several blocks that is cut in any of them is a torn tail", async (t) => {
  const made = await database(t, filled(100, 100_000));
  for (const length of [130, BLOCK - 1, BLOCK, BLOCK + 3, BLOCK + 7, 2 * BLOCK, 3 * BLOCK + 1]) {
    const { scan, found } = await judge(t, made, made.log.subarray(0, length));
    assert.deepEqual(scan, { records: 1, tornTail: true }, `cut to ${length}`);
    assert.deepEqual(found, names(1));
  }
});

test("zeroes at the end are a torn tail, and damage when records follow them", async (t) => {
  const made = await database(t, filled(100, 40_000, 100));
  for (const zeroes of [1, 7, 4_096, 100_000]) {
    const { scan, found } = await judge(t, made, Buffer.concat([made.log, Buffer.alloc(zeroes)]));
    assert.deepEqual(scan, { records: 3, tornTail: true }, `${zeroes} zeroes`);
    assert.deepEqual(found, names(3));
  }
  const [, second = 0, third = 0] = made.bounds;
  const { scan, found } = await judge(t, made, Buffer.from(made.log).fill(0, second, third));
  assert.deepEqual(scan, { records: 2, tornTail: false, damage: { offset: second, recordsAfter: 1 } });
  assert.ok(!found.includes(name(1)));
});

test("a payload that is a log itself is not taken for records", async (t) => {
  const made = await database(t, [...filled(100, 200, 300), (log) => log, ...filled(50)]);
  const [, , , fourth = 0, fifth = 0] = made.bounds;
  const torn = await judge(t, made, flipped(made.log, fourth).subarray(0, fifth));
  assert.deepEqual(torn.scan, { records: 3, tornTail: true });
  const damaged = await judge(t, made, flipped(made.log, fourth));
  assert.deepEqual(damaged.scan, {
    records: 4,
    tornTail: false,
    damage: { offset: fourth, recordsAfter: 1 },
  });
});

test("nor is one that is the log of a database with many more rows", async (t) => {
  const directory = await temporaryDirectory(t, "log");
  const other = open(directory);
  const rows = Array.from({ length: 50_000 }, (_, key) => ({
    type: "put" as const,
    key: `${key}`,
    value: Buffer.alloc(0),
  }));
  await other.batch(rows);
  const path = join(directory, (await readdir(directory)).find((file) => file.endsWith(".log")) ?? "");
  const { size } = await stat(path);
  await other.put("last", Buffer.alloc(100));
  await other.close();
  const record = (await readFile(path)).subarray(size);
  const made = await database(t, [...filled(100), record]);
  const { scan } = await judge(t, made, flipped(made.log, made.bounds[1] ?? 0));
  assert.deepEqual(scan, { records: 1, tornTail: true });
});

test("damage and a torn tail in one log are both told", async (t) => {
  const made = await database(t, filled(100, 200, 300, 400));
  const { scan } = await judge(t, made, flipped(made.log, (made.bounds[1] ?? 0) + 20).subarray(0, -1));
  assert.deepEqual(scan, {
    records: 2,
    tornTail: true,
    damage: { offset: made.bounds[1] ?? 0, recordsAfter: 1 },
  });
});

test("records are found behind damage after more than one read of the file", async (t) => {
  const made = await database(t, filled(100, 1_500_000, 200, 900_000, 300));
  const [, first = 0, second = 0] = made.bounds;
  for (const place of [first + 10, second - 10]) {
    const { scan } = await judge(t, made, flipped(made.log, place));
    assert.deepEqual([scan.records, scan.damage?.recordsAfter, scan.tornTail], [4, 3, false]);
  }
});

test("the checksum is CRC-32C, whatever the length and the place", () => {
  assert.equal(crc32c(Buffer.from("123456789"), 0, 9), 0xe3069283);
  assert.equal(crc32c(Buffer.alloc(32), 0, 32), 0x8a9136aa);
  const bytes = Buffer.from(Array.from({ length: 64 }, (_, i) => (i * 37) % 251));
  for (let start = 0; start < 9; start++)
    for (let end = start; end <= 64; end++)
      assert.equal(crc32c(bytes, start, end), bitByBit(bytes.subarray(start, end)));
});

/** Bytes of each part of a record: its headers, what they are followed by, and the last ones of its fragments. */
function places({ bounds }: Database, record: number): number[] {
  const [start = 0, end = 0] = [bounds[record], bounds[record + 1]];
  const found: number[] = [];
  for (let fragment = start; fragment < end; fragment = (Math.floor(fragment / BLOCK) + 1) * BLOCK) {
    const next = Math.min(end, (Math.floor(fragment / BLOCK) + 1) * BLOCK);
    for (const place of [0, 3, 4, 5, 6, 7, 12, 15, 19, 25]) found.push(fragment + place);
    found.push(Math.floor((fragment + next) / 2), next - 1);
  }
  return found.filter((place) => place < end);
}

function bitByBit(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
