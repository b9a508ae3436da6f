import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { startServer } from "../helpers/server.js";
import { FailingDisk, whyNoFailingDisk } from "./support/failing-disk.js";
import { mountMemory, must, whyNoMounts } from "./support/mount.js";
import { refusal } from "./support/refusal.js";
import { comeBack, goThrough, leaveSession, publishKept, STORAGE } from "./support/store-fault.js";

const noMounts = await whyNoMounts();
const memory = noMounts === undefined ? {} : { skip: noMounts };
const noFailures = noMounts ?? (await whyNoFailingDisk());
const failing = noFailures === undefined ? {} : { skip: noFailures };

test(
  "a file system that becomes read-only: the same as a full disk, until a repaired one is mounted",
  failing,
  async (t) => {
    const disk = await FailingDisk.mount(t);
    const data = join(disk.directory, "data");
    const server = await startServer(t, { data, config: STORAGE });
    const acknowledged = await goThrough(t, server, {
      begin: () => disk.fail(),
      end: () => disk.replace(t),
      reason: /is read-only: mount it writable/,
    });
    assert.equal(await server.stop(), 0);
    await comeBack(t, await startServer(t, { data }), acknowledged);
  },
);

test(
  "a server is not started on a read-only file system; it says so, and loses nothing",
  memory,
  async (t) => {
    const disk = await mountMemory(t, 16);
    const data = join(disk, "data");
    const server = await startServer(t, { data });
    await leaveSession(t, server);
    const acknowledged = await publishKept(t, server, "before");
    await server.kill();
    await must("mount", "-o", "remount,ro", disk);
    const { code, message } = await refusal(data);
    assert.equal(code, 1);
    assert.match(message, /is read-only: mount it writable/);
    assert.ok(message.includes(data), message);
    await must("mount", "-o", "remount,rw", disk);
    await comeBack(t, await startServer(t, { data }), acknowledged);
  },
);
