import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startServer } from "../helpers/server.js";
import { fillDisk, mountMemory, whyNoMounts } from "./support/mount.js";
import { refusal } from "./support/refusal.js";
import {
  comeBack,
  errors,
  goThrough,
  leaveSession,
  publishInVain,
  publishKept,
  STORAGE,
} from "./support/store-fault.js";

const reason = await whyNoMounts();
const options = reason === undefined ? {} : { skip: reason };
const MEBIBYTES = 16;

test(
  "a full disk: nothing is acknowledged that is not kept, the rest goes on, and it passes without a restart",
  options,
  async (t) => {
    const disk = await mountMemory(t, MEBIBYTES);
    const data = join(disk, "data");
    const server = await startServer(t, { data, config: STORAGE });
    let filler = "";
    const acknowledged = await goThrough(t, server, {
      begin: async () => {
        filler = await fillDisk(disk);
      },
      end: () => rm(filler),
      reason: /disk is full.+delete files/,
    });
    assert.equal(await server.stop(), 0);
    const next = await startServer(t, { data });
    await comeBack(t, next, acknowledged);
  },
);

test("a full disk a second time, within one run", options, async (t) => {
  const disk = await mountMemory(t, MEBIBYTES);
  const server = await startServer(t, { data: join(disk, "data"), config: STORAGE });
  await leaveSession(t, server);
  const acknowledged: string[] = [];
  for (const round of ["first", "second"]) {
    const filler = await fillDisk(disk);
    assert.equal(await publishInVain(t, server, round), 0);
    await rm(filler);
    acknowledged.push(...(await publishKept(t, server, round)));
  }
  assert.equal(errors(server).length, 2);
  await comeBack(t, server, acknowledged);
});

test(
  "a server that is stopped while its disk is full says what is lost; what was acknowledged is not",
  options,
  async (t) => {
    const disk = await mountMemory(t, MEBIBYTES);
    const data = join(disk, "data");
    const server = await startServer(t, { data, config: STORAGE });
    await leaveSession(t, server);
    const acknowledged = await publishKept(t, server, "before");
    const filler = await fillDisk(disk);
    await publishInVain(t, server, "in vain");
    await server.stop();
    assert.ok(
      errors(server).some((line) => /rows? that could not be written/.test(JSON.stringify(line))),
      server.log.map((line) => JSON.stringify(line)).join("\n"),
    );
    await rm(filler);
    await comeBack(t, await startServer(t, { data }), acknowledged);
  },
);

test(
  "a server is not started on a full disk; it says so, and what was acknowledged is there once there is room",
  options,
  async (t) => {
    const disk = await mountMemory(t, MEBIBYTES);
    const data = join(disk, "data");
    const server = await startServer(t, { data });
    await leaveSession(t, server);
    const acknowledged = await publishKept(t, server, "before");
    await server.kill();
    const filler = await fillDisk(disk);
    const { code, message } = await refusal(data);
    assert.equal(code, 1);
    assert.match(message, /disk is full.+delete files/);
    assert.ok(message.includes(data), message);
    await rm(filler);
    await comeBack(t, await startServer(t, { data }), acknowledged);
  },
);
