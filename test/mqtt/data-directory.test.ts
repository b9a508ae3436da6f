import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Level } from "level";
import { run } from "../helpers/command.js";
import { startServer } from "../helpers/server.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** Starts a server that must refuse; gives the message of its only log line, checked to be the last word. */
async function refusal(data: string, prefix: readonly string[] = []): Promise<string> {
  const serve = ["serve", "--data", data, "--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const [program = "", ...args] = [...prefix, process.execPath, MAIN, ...serve];
  const { code, stdout } = await run(program, args);
  assert.equal(code, 1);
  const lines = stdout.trim().split("\n");
  assert.equal(lines.length, 1, stdout);
  return JSON.parse(lines[0] ?? "").msg;
}

test("a data directory that another process uses is refused, and the other goes on", async (t) => {
  const server = await startServer(t);
  assert.match(
    await refusal(server.data),
    /is in use by another process: stop that one, or name another directory with --data/,
  );
  assert.equal((await fetch(`${server.httpUrl}/readyz`)).status, 200);
});

test("a data directory of a newer version is refused and left as it is", async (t) => {
  const path = await temporaryDirectory(t, "data");
  const level = new Level<Buffer, string>(path, { keyEncoding: "buffer" });
  await level.put(Buffer.from([0x01]), "99");
  await level.close();
  assert.match(
    await refusal(path),
    /has format 99, and this version of Causeway reads up to 2: run the version that wrote it/,
  );
  await level.open();
  assert.equal(await level.get(Buffer.from([0x01])), "99");
  await level.close();
});

test("a data directory that is a file is refused by name", async (t) => {
  const file = join(await temporaryDirectory(t, "data"), "file");
  await writeFile(file, "not a directory");
  assert.match(await refusal(file), new RegExp(`${file} is not a directory`));
});

test("a data directory that this user may not write to is refused by name", async (t) => {
  const path = await temporaryDirectory(t, "data");
  await chmod(path, 0o500);
  // The superuser may write anywhere, so the server runs as somebody else.
  const nobody =
    process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
  assert.match(await refusal(path, nobody), new RegExp(`${path} cannot be read and written by this user`));
});

test("a damaged data directory is refused with what to do", async (t) => {
  const path = await temporaryDirectory(t, "data");
  const level = new Level<string, string>(path);
  await level.put("a", "b");
  await level.close();
  await writeFile(join(path, "CURRENT"), "MANIFEST-999999\n");
  assert.match(
    await refusal(path),
    /cannot be opened \(.+\): restore it from a copy, or run `causeway store repair`/,
  );
});
