import assert from "node:assert/strict";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Level } from "level";
import { explainFault, probeDisk } from "../../../src/storage/level/disk-probe.js";
import { fillDisk, mountMemory, must, whyNoMounts } from "../../faults/support/mount.js";
import { temporaryDirectory } from "../../helpers/temporary-directory.js";

const reason = await whyNoMounts();
const needsMounts = reason === undefined ? {} : { skip: reason };

function error(code: string, message: string, cause?: Error): Error {
  return Object.assign(new Error(message, { cause }), { code });
}

test("a directory that can be written passes the probe, and nothing stays in it", async (t) => {
  const directory = await temporaryDirectory(t, "probe");
  await probeDisk(directory);
  assert.deepEqual(await readdir(directory), []);
});

test("a directory that is not there fails the probe with the system's error", async (t) => {
  await assert.rejects(probeDisk(join(await temporaryDirectory(t, "probe"), "none")), { code: "ENOENT" });
});

test(
  "a full disk fails the probe until there is room for what is in the logs and some more",
  needsMounts,
  async (t) => {
    const directory = await mountMemory(t, 8);
    const filler = await fillDisk(directory);
    await assert.rejects(probeDisk(directory), { code: "ENOSPC" });
    await fillDisk(directory, 512 * 1_024);
    await assert.rejects(probeDisk(directory), { code: "ENOSPC" });
    await rm(filler);
    await probeDisk(directory);
    await writeFile(join(directory, "000003.log"), Buffer.alloc(4 * 1_024 * 1_024));
    await assert.rejects(probeDisk(directory), /bytes are free and 5242880 are needed/);
    await rm(join(directory, "000003.log"));
    await probeDisk(directory);
    assert.deepEqual(await readdir(directory), []);
  },
);

test("a read-only file system fails the probe", needsMounts, async (t) => {
  const directory = await mountMemory(t, 8);
  await must("mount", "-o", "remount,ro", directory);
  await assert.rejects(probeDisk(directory), { code: "EROFS" });
  await must("mount", "-o", "remount,rw", directory);
  await probeDisk(directory);
});

test("what LevelDB says of a full and of a read-only file system is understood", needsMounts, async (t) => {
  const directory = await mountMemory(t, 8);
  const level = new Level<string, Buffer>(directory, { valueEncoding: "buffer" });
  await level.open();
  t.after(() => level.close());
  const filler = await fillDisk(directory);
  const full = await level.put("key", Buffer.alloc(100_000), { sync: true }).then(() => undefined, failed);
  assert.match(explainFault(directory, full), /^the disk is full: .+No space left on device\)$/);
  await level.close();
  const unopened = await level.open().then(() => undefined, failed);
  assert.match(explainFault(directory, unopened), /^the disk is full: .+No space left on device\)$/);
  await rm(filler);
  await must("mount", "-o", "remount,ro", directory);
  const readOnly = await level.open().then(() => undefined, failed);
  assert.match(explainFault(directory, readOnly), /is read-only: .+Read-only file system\)$/);
});

test("each kind of fault is one line with what to do, whether the system or LevelDB tells it", () => {
  const cases: [Error, RegExp][] = [
    [error("ENOSPC", "ENOSPC: no space left on device, write"), /delete files on it or make it larger/],
    [error("LEVEL_IO_ERROR", "IO error: /d/5.log: Disk quota exceeded"), /raise the quota/],
    [error("EROFS", "EROFS: read-only file system, open '/d/x'"), /mount it writable/],
    [error("LEVEL_IO_ERROR", "IO error: /d/5.log: Input/output error"), /dmesg/],
    [error("LEVEL_IO_ERROR", "IO error: /d/LOCK: Permission denied"), /chown/],
    [error("LEVEL_IO_ERROR", "IO error: /d/5.log: Operation not permitted"), /chown/],
    [error("LEVEL_IO_ERROR", "IO error: /d/5.ldb: Too many open files"), /LimitNOFILE/],
    [error("LEVEL_CORRUPTION", "Corruption: block checksum mismatch"), /causeway store repair/],
    [error("ENOENT", "ENOENT: no such file or directory"), /is gone/],
    [new Error("something\nelse"), /cannot be written \(something else\)$/],
  ];
  for (const [fault, what] of cases)
    for (const told of [fault, error("LEVEL_DATABASE_NOT_OPEN", "Database failed to open", fault)]) {
      const line = explainFault("/the/data", told);
      assert.match(line, what);
      assert.match(line, /\/the\/data/);
      assert.ok(!line.includes("\n"));
    }
  assert.equal(explainFault("/d", undefined), "the data directory /d cannot be written");
});

function failed(error: unknown): unknown {
  return error;
}
