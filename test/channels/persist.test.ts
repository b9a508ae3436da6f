import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Program } from "../cli/program.js";
import { connect } from "../helpers/mqtt.js";
import { Phoenix } from "../helpers/phoenix.js";
import { startServer } from "../helpers/server.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";
import { connectClient, Listening } from "./support/client.js";

/* Histories that survive the server: a real one, killed and started again on its port and its store. */

const config = {
  bridge: {
    channels: [
      { channel: "log", topics: ["log/#"], history: { size: 100, persist: true } },
      { channel: "of:{id}", topics: ["of/{id}/#"], history: { size: 5, persist: true } },
      { channel: "short", topics: ["short/#"], history: { size: 100 } },
    ],
  },
};

/** Publishes one after the other, each when the one before is acknowledged. */
async function publish(
  t: TestContext,
  { server }: Pick<Phoenix, "server">,
  topic: string,
  payloads: readonly string[],
): Promise<void> {
  const { client } = await connect(t, server.mqttUrl);
  for (const payload of payloads) await client.publishAsync(topic, payload, { qos: 1 });
  await client.endAsync();
}

for (const end of ["kill", "stop"] as const) {
  test(`a client recovers what was published before the server's ${end} and after it`, async (t) => {
    const phoenix = await new Phoenix(t, config).rise();
    const client = await connectClient(t, phoenix.url);
    const log = await Listening.begin(client, "log");
    const own = await Listening.begin(client, "of:7");
    await publish(t, phoenix, "log/a", ["1", "2"]);
    await publish(t, phoenix, "of/7/x", ["1"]);
    await Promise.all([log.received(2), own.received(1)]);
    client.disconnect();
    await publish(t, phoenix, "log/b", ["3"]);
    await publish(t, phoenix, "of/7/x", ["2"]);
    await phoenix.server[end]();
    await phoenix.rise();
    await publish(t, phoenix, "log/c", ["4"]);
    const back = [log, own].map(({ subscription }) => once(subscription as never, "subscribed"));
    client.connect();
    for (const [context] of await Promise.all(back)) assert.equal(context.recovered, true);
    await Promise.all([log.received(4), own.received(2)]);
    assert.deepEqual(
      [log.values, own.values],
      [
        [1, 2, 3, 4],
        [1, 2],
      ],
    );
    assert.deepEqual(
      log.publications.map(({ offset, tags }) => [offset, tags?.topic]),
      [
        [1, "log/a"],
        [2, "log/a"],
        [3, "log/b"],
        [4, "log/c"],
      ],
    );
  });
}

test("what is beyond the history's size is not recovered, and the client is told", async (t) => {
  const phoenix = await new Phoenix(t, config).rise();
  const client = await connectClient(t, phoenix.url);
  const own = await Listening.begin(client, "of:7");
  await publish(t, phoenix, "of/7/x", ["0"]);
  await own.received(1);
  client.disconnect();
  await publish(t, phoenix, "of/7/x", ["1", "2", "3"]);
  await phoenix.server.kill();
  await phoenix.rise();
  await publish(t, phoenix, "of/7/x", ["4", "5", "6"]);
  const back = once(own.subscription as never, "subscribed");
  client.connect();
  const [{ wasRecovering, recovered, streamPosition }] = await back;
  assert.deepEqual([wasRecovering, recovered, streamPosition.offset], [true, false, 7]);
});

test("a history that is not persisted begins anew, and the client is told", async (t) => {
  const phoenix = await new Phoenix(t, config).rise();
  const client = await connectClient(t, phoenix.url);
  const short = await Listening.begin(client, "short");
  await publish(t, phoenix, "short/a", ["1"]);
  await short.received(1);
  client.disconnect();
  await phoenix.server.kill();
  await phoenix.rise();
  const back = once(short.subscription as never, "subscribed");
  client.connect();
  const [{ wasRecovering, recovered }] = await back;
  assert.deepEqual([wasRecovering, recovered], [true, false]);
});

test("of a backup that is put in the place of the store, nobody has recovered what came after it", async (t) => {
  const phoenix = await new Phoenix(t, config).rise();
  const client = await connectClient(t, phoenix.url);
  const log = await Listening.begin(client, "log");
  await publish(t, phoenix, "log/a", ["1", "2"]);
  const data = join(await temporaryDirectory(t, "backup"), "copy");
  const backup = new Program(t, ["store", "backup", data, "--data", phoenix.server.data]);
  assert.equal(await backup.exited(), 0, backup.stderr);
  await publish(t, phoenix, "log/a", ["3", "4"]);
  await log.received(4);
  client.disconnect();
  const { http, mqtt } = phoenix.server.addresses;
  await phoenix.server.stop();
  const args = ["--http", String(http), "--mqtt", String(mqtt)];
  const server = await startServer(t, { config, data, args });
  // As many as before and more: the offset that the client has is given again.
  await publish(
    t,
    { server },
    "log/b",
    ["3'", "4'", "5'"].map((text) => JSON.stringify(text)),
  );
  const back = once(log.subscription as never, "subscribed");
  client.connect();
  const [{ wasRecovering, recovered }] = await back;
  assert.deepEqual([wasRecovering, recovered], [true, false]);
});

test("a history that no rule persists any more is dropped", async (t) => {
  const phoenix = await new Phoenix(t, config).rise();
  await publish(t, phoenix, "log/a", ["1"]);
  const { data } = phoenix.server;
  await phoenix.server.stop();
  const without = await startServer(t, { data });
  const line = await without.logged(({ msg }) => msg.includes("histories were dropped"));
  assert.deepEqual([line.channels, line.such], [1, ["log"]]);
  await without.stop();
  const last = await startServer(t, { config, data });
  const client = await connectClient(t, `ws://${last.addresses.http}/connection/websocket`);
  const log = await Listening.begin(client, "log");
  assert.deepEqual((await log.subscription.history({ limit: 10 })).publications, []);
});
