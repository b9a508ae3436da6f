import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { open, readdir, readFile, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Level } from "level";
import { connect } from "../helpers/mqtt.js";
import { type RunningServer, startServer } from "../helpers/server.js";

const CLIENTS = ["sound", "victim", "last"] as const;
const text = (clientId: string) => `${clientId} ${randomBytes(200).toString("base64")}`;

/** A server that has kept a message for each client, and has stopped. */
async function stopped(t: TestContext) {
  const server = await startServer(t);
  const publisher = await connect(t, server.mqttUrl);
  const sent = new Map<string, string>();
  for (const clientId of CLIENTS) {
    const client = await connect(t, server.mqttUrl, { clean: false, clientId });
    await client.subscribe(clientId, 1);
    await client.end();
    sent.set(clientId, text(clientId));
    await publisher.publish(clientId, sent.get(clientId) ?? "", 1);
  }
  await server.stop();
  return { data: server.data, sent };
}

async function received(t: TestContext, server: RunningServer, clientId: string): Promise<readonly string[]> {
  const client = await connect(t, server.mqttUrl, { clean: false, clientId });
  assert.equal(client.sessionPresent, true);
  const publisher = await connect(t, server.mqttUrl);
  await publisher.publish(clientId, "live", 1);
  while (!client.payloads.includes("live")) await client.messages(client.payloads.length + 1);
  return client.payloads;
}

/** Moves what is in the log into tables. */
async function compact(data: string): Promise<void> {
  const level = new Level(data, { keyEncoding: "buffer", valueEncoding: "buffer" });
  await level.open();
  const compactable = level as typeof level & { compactRange(start: Buffer, end: Buffer): Promise<void> };
  await compactable.compactRange(Buffer.from([0]), Buffer.from([0xff]));
  await level.close();
}

/** Changes one byte of a file that ends as named, where the text stands. */
async function flip(data: string, ending: string, wanted: string): Promise<void> {
  for (const name of await readdir(data)) {
    if (!name.endsWith(ending)) continue;
    const at = (await readFile(join(data, name))).indexOf(wanted);
    if (at === -1) continue;
    const file = await open(join(data, name), "r+");
    await file.write(Buffer.from("#"), 0, 1, at + wanted.length - 1);
    await file.close();
    return;
  }
  assert.fail(`no ${ending} file holds the text`);
}

test("a flipped byte in a table: the client it belongs to is named, and everybody else gets everything", async (t) => {
  const { data, sent } = await stopped(t);
  await compact(data);
  await flip(data, ".ldb", (sent.get("victim") ?? "").slice(0, 20));
  const server = await startServer(t, { data });
  assert.deepEqual(await received(t, server, "sound"), [sent.get("sound"), "live"]);
  assert.deepEqual(await received(t, server, "victim"), ["live"]);
  const line = await server.logged(({ msg }) => /damaged and passed over/.test(msg));
  assert.equal(line.client, "victim");
  assert.equal(line.level, 50);
});

test("a flipped byte in the middle of a log is told of, and what stands before it is kept", async (t) => {
  const { data, sent } = await stopped(t);
  await flip(data, ".log", (sent.get("victim") ?? "").slice(0, 20));
  const server = await startServer(t, { data });
  assert.deepEqual(await received(t, server, "sound"), [sent.get("sound"), "live"]);
  const line = await server.logged(({ msg }) => /is damaged: .+ cannot be read at byte/.test(msg));
  assert.equal(line.level, 50);
});

test("a log that was cut is told of, and what stands before the cut is kept", async (t) => {
  const { data, sent } = await stopped(t);
  const [log] = (await readdir(data)).filter((name) => name.endsWith(".log"));
  assert.ok(log);
  const content = await readFile(join(data, log));
  await truncate(join(data, log), content.indexOf(sent.get("victim") ?? "") + 10);
  assert.ok((await stat(join(data, log))).size < content.length);
  const server = await startServer(t, { data });
  assert.deepEqual(await received(t, server, "sound"), [sent.get("sound"), "live"]);
  assert.deepEqual(await received(t, server, "victim"), ["live"]);
  await server.logged(({ msg }) => /log ends in the middle of a write/.test(msg));
});

test("a store that has lost a file is refused, not replaced by an empty one", async (t) => {
  const { data } = await stopped(t);
  await rm(join(data, "CURRENT"));
  await assert.rejects(startServer(t, { data }), /is damaged and cannot be opened|causeway store repair/);
  assert.ok((await readdir(data)).some((name) => /\.(log|ldb)$/.test(name)));
});
