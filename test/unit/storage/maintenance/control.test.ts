import assert from "node:assert/strict";
import { once } from "node:events";
import { chmod, mkdir, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { OnProgress, Progress } from "../../../../src/storage/level/backup.js";
import { Control } from "../../../../src/storage/level/control.js";
import { controlAddress } from "../../../../src/storage/level/control-address.js";
import { askForBackup } from "../../../../src/storage/level/control-client.js";
import { temporaryDirectory } from "../../../helpers/temporary-directory.js";

const DONE = { rows: 3, bytes: 4 };

async function opened(
  t: TestContext,
  backup: (directory: string, onProgress: OnProgress) => Promise<Progress> = async () => DONE,
  data?: string,
) {
  const directory = data ?? (await temporaryDirectory(t, "store"));
  const warnings: string[] = [];
  const log = {
    info: () => undefined,
    warn: ({ reason }: { reason?: string }) => void warnings.push(reason ?? ""),
  };
  const control = new Control({ directory, backup, log });
  await control.open();
  t.after(() => control.close());
  return { directory, control, warnings };
}

async function socketTo(t: TestContext, directory: string): Promise<Socket> {
  const socket = connect((await controlAddress(directory)).socket);
  t.after(() => socket.destroy());
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

function closed(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  return new Promise((resolve) => socket.once("close", () => resolve(text)));
}

test("a backup is asked for, and its progress and end are told", async (t) => {
  const asked: string[] = [];
  const { directory } = await opened(t, async (target, onProgress) => {
    asked.push(target);
    onProgress({ rows: 1, bytes: 2 });
    return DONE;
  });
  const seen: Progress[] = [];
  assert.deepEqual(await askForBackup(directory, "/some/where", (progress) => seen.push(progress)), DONE);
  assert.deepEqual(asked, ["/some/where"]);
  assert.deepEqual(seen, [{ rows: 1, bytes: 2 }]);
});

test("why a backup failed is told", async (t) => {
  const { directory, warnings } = await opened(t, () => Promise.reject(new Error("the disk is full")));
  await assert.rejects(
    askForBackup(directory, "/x"),
    /^StoreError: the disk is full$|^Error: the disk is full$/,
  );
  assert.deepEqual(warnings, ["the disk is full"]);
});

/** A backup that goes on until it is told to end. */
function held() {
  let begin: () => void = () => undefined;
  let finish: (done: Progress) => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const end = new Promise<Progress>((resolve) => {
    finish = resolve;
  });
  const backup = () => {
    begin();
    return end;
  };
  return { backup, begun, finish: () => finish(DONE) };
}

test("one backup at a time; the next one when it is done", async (t) => {
  const { backup, begun, finish } = held();
  const { directory } = await opened(t, backup);
  const first = askForBackup(directory, "/first");
  await begun;
  await assert.rejects(askForBackup(directory, "/second"), /another backup is under way/);
  finish();
  assert.deepEqual(await first, DONE);
  assert.deepEqual(await askForBackup(directory, "/third"), DONE);
});

test("a backup ends when whoever asked for it goes, and when the broker closes", async (t) => {
  for (const goes of ["client", "broker"]) {
    let report: OnProgress = () => undefined;
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const broken = new Promise<unknown>((resolve) => {
      report = resolve as never;
    });
    const { directory, control } = await opened(t, async (_, onProgress) => {
      begin();
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        try {
          onProgress(DONE);
        } catch (error) {
          report(error as never);
          throw error;
        }
      }
    });
    const socket = await socketTo(t, directory);
    socket.write('{"command":"backup","directory":"/x"}\n');
    await begun;
    if (goes === "client") socket.destroy();
    else await control.close();
    assert.match(String(await broken), /has gone/);
  }
});

const hostile: [string, Buffer | string][] = [
  ["garbage", "GET / HTTP/1.1\r\n\r\n"],
  ["an unknown command", '{"command":"stop"}\n'],
  ["a relative directory", '{"command":"backup","directory":"x"}\n'],
  ["no directory", '{"command":"backup","directory":{}}\n'],
  ["a list", "[]\n"],
  ["nothing at all", "null\n"],
  ["a line without an end", Buffer.alloc(1024 * 1024, "x")],
];

for (const [what, bytes] of hostile)
  test(`the connection is closed without an answer: ${what}`, async (t) => {
    const { directory } = await opened(t, () => assert.fail("a backup was made"));
    const socket = await socketTo(t, directory);
    socket.write(bytes);
    assert.equal(await closed(socket), "");
  });

test("many connections that say nothing do not add up, and leave room again when they go", async (t) => {
  const { directory } = await opened(t);
  const { socket: path } = await controlAddress(directory);
  const sockets = Array.from({ length: 50 }, () => connect(path).on("error", () => undefined));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  let open = sockets.length;
  await new Promise<void>((resolve) => {
    for (const socket of sockets)
      socket.once("close", () => {
        if (--open === 8) resolve();
      });
  });
  for (const socket of sockets) socket.destroy();
  await Promise.all(sockets.filter(({ closed }) => !closed).map((socket) => once(socket, "close")));
  let done: Progress | undefined;
  // The other side learns of the ends a moment later.
  for (let tries = 0; !done && tries < 100; tries++)
    done = await askForBackup(directory, "/x").catch(() => undefined);
  assert.deepEqual(done, DONE);
});

test("only the owner gets to the socket, also when the directory had been opened to others", async (t) => {
  const directory = await temporaryDirectory(t, "store");
  await mkdir(join(directory, "control"));
  await chmod(join(directory, "control"), 0o755);
  const { warnings } = await opened(t, undefined, directory);
  assert.deepEqual(warnings, []);
  const address = await controlAddress(directory);
  assert.equal((await stat(address.directory)).mode & 0o777, 0o700);
  assert.equal((await stat(address.socket)).mode & 0o077, 0);
});

test("the socket of a process that was killed is replaced; closing leaves nothing", async (t) => {
  const directory = await temporaryDirectory(t, "store");
  const { directory: place, socket } = await controlAddress(directory);
  await mkdir(place, { mode: 0o700 });
  await writeFile(socket, "");
  const { control, warnings } = await opened(t, undefined, directory);
  assert.deepEqual(warnings, []);
  assert.deepEqual(await askForBackup(directory, "/x"), DONE);
  await control.close();
  assert.deepEqual(await readdir(directory), []);
  assert.equal(await askForBackup(directory, "/x"), undefined);
});

test("where the path is too long for a socket, one among the temporary files is used", async (t) => {
  const directory = join(await temporaryDirectory(t, "store"), "long".repeat(30));
  await mkdir(directory);
  const address = await controlAddress(directory);
  assert.ok(address.directory.startsWith(join(tmpdir(), "causeway-")));
  const { control, warnings } = await opened(t, undefined, directory);
  assert.deepEqual(warnings, []);
  // Another way to the same directory leads to the same socket.
  await symlink(directory, `${directory}-link`);
  assert.deepEqual(await askForBackup(`${directory}-link`, "/x"), DONE);
  await control.close();
  await assert.rejects(stat(address.directory), { code: "ENOENT" });
});

test("what somebody else has put in its place is not used, by neither side", async (t) => {
  const directory = join(await temporaryDirectory(t, "store"), "long".repeat(30));
  await mkdir(directory);
  const address = await controlAddress(directory);
  const elsewhere = await temporaryDirectory(t, "store");
  await symlink(elsewhere, address.directory);
  t.after(() => rm(address.directory, { force: true }));
  const asked: Socket[] = [];
  const server = createServer((socket) => void asked.push(socket));
  t.after(() => server.close());
  await once(server.listen(address.socket), "listening");
  assert.equal(await askForBackup(directory, "/x"), undefined);
  const { warnings } = await opened(t, undefined, directory);
  assert.match(warnings[0] ?? "", /is not a directory of the data's owner alone/);
  assert.deepEqual(asked, []);
});

test("without a socket the broker goes on", async (t) => {
  const directory = await temporaryDirectory(t, "store");
  await writeFile(join(directory, "control"), "a file");
  const { control, warnings } = await opened(t, undefined, directory);
  assert.equal(warnings.length, 1);
  await control.close();
});
