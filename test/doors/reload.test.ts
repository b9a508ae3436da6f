import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect, type TestClient } from "../helpers/mqtt.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { accountLines, accountsIn } from "./accounts.js";

/* Files that are read again while clients are at work. */

const PASSWORD = "a password that all of them have";
const DEVICES = Array.from({ length: 20 }, (_, number) => `device-${number}`);

async function start(t: TestContext, config: object = {}) {
  const directory = await accountsIn(t, ["watcher", ...DEVICES], PASSWORD);
  const file = join(directory, "accounts");
  const server = await startServer(t, {
    config: { allowAnonymous: false, accounts: { file, backoff: { failures: 1_000 } }, ...config },
  });
  return { server, file, directory };
}

function as(t: TestContext, server: RunningServer, username: string, password = PASSWORD) {
  return connect(t, server.mqttUrl, { clientId: username, username, password });
}

/** Publishes one message after the other until it is stopped; gives how many were acknowledged. */
function busy(client: TestClient, topic: string) {
  let sent = 0;
  let running = true;
  const done = (async () => {
    while (running) await client.publish(topic, String(sent++), 1);
  })();
  return {
    async stop(): Promise<number> {
      running = false;
      await done;
      return sent;
    },
  };
}

/** The next line of the log that says this, from now on. */
function next(server: RunningServer, msg: string | RegExp) {
  const already = server.log.length;
  return server.logged(
    (line) =>
      server.log.indexOf(line) >= already &&
      (typeof msg === "string" ? line.msg === msg : msg.test(line.msg)),
  );
}

test("accounts are read again under load: who is gone is cut, nobody else notices, nothing is lost", async (t) => {
  const { server, file } = await start(t);
  const watcher = await as(t, server, "watcher");
  await watcher.subscribe("work/#", 1);
  const devices = await Promise.all(DEVICES.map((name) => as(t, server, name)));
  const cut = devices.at(-1) as TestClient;
  const rest = devices.slice(0, -1);
  let dropped = 0;
  for (const { client } of [...rest, watcher]) client.on("close", () => dropped++);
  const work = rest.map((device, index) => busy(device, `work/${index}`));

  const gone = cut.closed();
  // The lines of those who stay are the same: a new hash is a new password.
  const kept = (await readFile(file, "utf8")).replace(/^device-19:.*\n/m, "");
  let read = next(server, "accounts read again");
  await writeFile(file, kept);
  await read;
  await gone;
  await assert.rejects(as(t, server, DEVICES.at(-1) ?? ""), /Bad username or password/);
  for (const extra of ["new-1", "new-2", "new-3"]) {
    read = next(server, "accounts read again");
    await writeFile(file, `${kept}${accountLines([extra], PASSWORD)}`);
    await read;
    await as(t, server, extra);
  }
  assert.equal(dropped, 0);
  const sent = await Promise.all(work.map(({ stop }) => stop()));
  const total = sent.reduce((sum, count) => sum + count);
  await watcher.messages(total);
  for (const [index, count] of sent.entries()) {
    const values = watcher.received.filter(({ topic }) => topic === `work/${index}`);
    assert.deepEqual(
      values.map(({ payload }) => payload),
      Array.from({ length: count }, (_, number) => String(number)),
    );
  }
});

test("a file that cannot be taken keeps the old one, says so, and counts", async (t) => {
  const { server, file } = await start(t);
  const said = next(server, /^accounts not taken/);
  await writeFile(file, "watcher:not a hash\n");
  const line = await said;
  assert.match(String(line.reason), /accounts", line 1/);
  assert.doesNotMatch(JSON.stringify(line), /not a hash/);
  await as(t, server, "watcher");
  const read = next(server, "accounts read again");
  await writeFile(file, accountLines(["watcher"], "another password"));
  await read;
  await assert.rejects(as(t, server, "watcher"), /Bad username or password/);
  await as(t, server, "watcher", "another password");
});

test("SIGHUP has every file read at once", async (t) => {
  const { server } = await start(t);
  const read = next(server, "accounts read again");
  process.kill(server.pid, "SIGHUP");
  await read;
  assert.equal(server.alive, true);
});

test("rights in the configuration itself are taken when it changes; the rest waits for a start, by name", async (t) => {
  const { server, directory } = await start(t, { rights: { rules: [] } });
  const configuration = server.configuration;
  assert.ok(configuration);
  const device = await as(t, server, "device-0");
  await assert.rejects(device.subscribe("own/#", 1));
  const change = async (more: object) => {
    const read = next(server, "configuration read again");
    const config = { allowAnonymous: false, accounts: { file: join(directory, "accounts") }, ...more };
    await writeFile(configuration, JSON.stringify(config));
    await read;
  };
  const rights = { rules: [{ allow: ["subscribe"], users: ["device-*"], topics: ["own/#"] }] };
  await change({ rights });
  await device.subscribe("own/#", 1);
  const waits = next(server, /are taken at the next start/);
  await change({ rights, mqtt: { maxConnections: 7 } });
  assert.deepEqual((await waits).keys, ["mqtt"]);
  const refused = next(server, /^configuration not taken/);
  await writeFile(configuration, "mqtt: {maxConnections: none}");
  assert.match(String((await refused).reason), /mqtt\.maxConnections/);
  assert.equal(device.client.connected, true);
});
