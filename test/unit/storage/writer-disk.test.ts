import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Level } from "level";
import { probeDisk } from "../../../src/storage/level/disk-probe.js";
import { scanLog } from "../../../src/storage/level/log-scan.js";
import type { Operation } from "../../../src/storage/level/operation.js";
import { Writer } from "../../../src/storage/level/writer.js";
import { FailingDisk, whyNoFailingDisk } from "../../faults/support/failing-disk.js";
import { fillDisk, mountMemory, whyNoMounts } from "../../faults/support/mount.js";

const noMounts = await whyNoMounts();
const noFailures = noMounts ?? (await whyNoFailingDisk());

/** A writer over a real database. */
class Database {
  readonly writer: Writer;
  readonly told: string[] = [];
  #gathered: Operation[] = [];
  readonly #level: Level<Buffer, Buffer>;
  readonly #faulty: Promise<unknown>;

  private constructor(level: Level<Buffer, Buffer>) {
    this.#level = level;
    let fault = (_error: unknown): void => undefined;
    this.#faulty = new Promise((resolve) => {
      fault = resolve;
    });
    this.writer = new Writer({
      gather: () => {
        const operations = this.#gathered;
        this.#gathered = [];
        return { operations, bytes: 0, changes: operations.length };
      },
      write: (operations, options) => level.batch(operations, options),
      written: () => undefined,
      probe: () => probeDisk(level.location),
      reopen: async () => {
        await level.close();
        await level.open();
      },
      durability: "always",
      interval: 0,
      onFault: (error) => {
        this.told.push((error as Error).message);
        fault(error);
      },
      onRecovered: () => this.told.push("recovered"),
    });
  }

  static async open(t: TestContext, directory: string): Promise<Database> {
    const level = new Level<Buffer, Buffer>(directory, { keyEncoding: "buffer", valueEncoding: "buffer" });
    await level.open();
    t.after(() => level.close());
    return new Database(level);
  }

  put(number: number): Promise<void> {
    this.#gathered.push({ type: "put", key: Buffer.from([number]), value: Buffer.alloc(20_000, number) });
    this.writer.touch();
    return this.writer.flush();
  }

  /** What is waited for when the disk fails, and while it does. */
  async putInVain(from: number): Promise<Promise<void>[]> {
    const first = this.put(from);
    await this.#faulty;
    return [first, this.put(from + 1), this.put(from + 2)];
  }

  async keys(): Promise<number[]> {
    return (await this.#level.keys().all()).map((key) => key.readUInt8());
  }

  async logs(): Promise<string[]> {
    const names = await readdir(this.#level.location);
    return names.filter((name) => name.endsWith(".log")).map((name) => join(this.#level.location, name));
  }
}

async function goThrough(database: Database, begin: () => Promise<unknown>, end: () => Promise<unknown>) {
  for (const number of [0, 1, 2]) await database.put(number);
  await begin();
  const inVain = await database.putInVain(3);
  assert.deepEqual(await database.keys(), [0, 1, 2], "what is there can be read meanwhile");
  await end();
  await Promise.all(inVain);
  await database.put(6);
  assert.deepEqual(await database.keys(), [0, 1, 2, 3, 4, 5, 6]);
  for (const log of await database.logs()) {
    const { damage, tornTail } = await scanLog(log);
    assert.deepEqual([damage, tornTail], [undefined, false], "the torn record is left behind");
  }
  await database.writer.close();
}

test(
  "a database on a disk that is full for a while has everything in the end",
  options(noMounts),
  async (t) => {
    const disk = await mountMemory(t, 8);
    const database = await Database.open(t, join(disk, "data"));
    let filler = "";
    await goThrough(
      database,
      async () => {
        filler = await fillDisk(disk);
      },
      () => rm(filler),
    );
    assert.match(database.told.join(), /No space left on device,recovered$/);
  },
);

test(
  "a database on a file system that becomes read-only goes on on the one that replaces it",
  options(noFailures),
  async (t) => {
    const disk = await FailingDisk.mount(t);
    const database = await Database.open(t, join(disk.directory, "data"));
    await goThrough(
      database,
      () => disk.fail(),
      () => disk.replace(t),
    );
    assert.match(database.told.join(), /Read-only file system,recovered$/);
  },
);

function options(reason: string | undefined) {
  return reason === undefined ? {} : { skip: reason };
}
