import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import type { Centrifuge } from "centrifuge";
import { getChannel, listChannels } from "../../../src/http/api/channels.js";
import { connectClient, Listening } from "../../channels/support/client.js";
import { connect } from "../../helpers/mqtt.js";
import { startServer } from "../../helpers/server.js";
import { ApiClient } from "./support/api-client.js";

const server = await startServer(
  { after },
  {
    config: {
      bridge: {
        channels: [
          {
            channel: "device:{id}",
            topics: ["devices/{id}/#", "old/{id}"],
            publish: { topic: "devices/{id}/commands", qos: 2, retain: true },
            snapshot: true,
          },
          { channel: "readings", topics: ["readings/#"] },
        ],
      },
    },
  },
);
const api = new ApiClient(server.httpUrl);

/** A client of the channel protocol that is subscribed to these channels. */
async function subscribe(t: TestContext, ...channels: string[]): Promise<Centrifuge> {
  const client = await connectClient(t, `${server.wsUrl}/connection/websocket`);
  for (const channel of channels) await Listening.begin(client, channel);
  return client;
}

test("channels are listed in order with their subscribers, page by page", async (t) => {
  const clients = [
    await subscribe(t, "readings", "device:7", "device:10", "mqtt:a/#", "device:8"),
    await subscribe(t, "device:7"),
  ];
  const wanted = [
    { channel: "device:10", subscribers: 1 },
    { channel: "device:7", subscribers: 2 },
    { channel: "device:8", subscribers: 1 },
    { channel: "mqtt:a/#", subscribers: 1 },
    { channel: "readings", subscribers: 1 },
  ];
  assert.deepEqual((await api.done(listChannels)).channels, wanted);

  const paged: object[] = [];
  let pages = 0;
  for (let cursor: string | undefined = ""; cursor !== undefined; pages++) {
    const query: Record<string, string | number> = { limit: 2, ...(cursor ? { cursor } : {}) };
    const page: { channels: object[]; cursor?: string | undefined } = await api.done(listChannels, { query });
    paged.push(...page.channels);
    cursor = page.cursor;
  }
  assert.deepEqual(paged, wanted);
  assert.equal(pages, 3);

  const found = async (query: Record<string, string>) =>
    (await api.done(listChannels, { query })).channels.map(({ channel }) => channel);
  assert.deepEqual(await found({ prefix: "device:" }), ["device:10", "device:7", "device:8"]);
  assert.deepEqual(await found({ prefix: "*" }), [], "a prefix is not a pattern");
  assert.deepEqual(await found({ pattern: "*e*:*" }), ["device:10", "device:7", "device:8"]);
  assert.deepEqual(await found({ pattern: "device:?" }), []);
  assert.deepEqual(await found({ pattern: "*s", prefix: "r" }), ["readings"]);

  for (const client of clients) client.disconnect();
  // Nothing tells when the server has noticed, so it is asked.
  for (let left = 1; left > 0; ) left = (await api.done(listChannels)).channels.length;
});

test("a channel is described by its rule, open or not", async (t) => {
  const described = await api.done(getChannel, { params: { channel: "device:a-b" } });
  assert.deepEqual(described, {
    channel: "device:a-b",
    subscribers: 0,
    topics: ["devices/a-b/#", "old/a-b"],
    snapshot: true,
    publish: { topic: "devices/a-b/commands", qos: 2, retain: true },
  });
  await subscribe(t, "mqtt:x/+/#");
  assert.deepEqual(await api.done(getChannel, { params: { channel: "mqtt:x/+/#" } }), {
    channel: "mqtt:x/+/#",
    subscribers: 1,
    topics: ["x/+/#"],
    snapshot: true,
  });
  const readings = await api.done(getChannel, { params: { channel: "readings" } });
  assert.equal(readings.publish, undefined, "it is read-only");
});

test("a channel that no rule makes is not there", async () => {
  for (const channel of ["nothing", "device:", "device:a/b", "device:+", "mqtt:", "mqtt:a#"]) {
    const { code } = await api.refused(getChannel, 404, /unknown channel/, { params: { channel } });
    assert.equal(code, 102, channel);
  }
});

test("what cannot be a request is refused by name", async () => {
  await api.refused(listChannels, 400, /^query\.limit: /, { query: { limit: 0 } });
  await api.refused(listChannels, 400, /^query\.limit: /, { query: { limit: 1_001 } });
  await api.refused(listChannels, 400, /^query\.cursor: is not a cursor/, { query: { cursor: "a/b" } });
  await api.refused(listChannels, 400, /^query: there is no key "page"/, { query: { page: 2 } });
  await api.refused(getChannel, 400, /^path\.channel: /, { params: { channel: "x".repeat(256) } });
});

test("asking about a channel does not open it", async (t) => {
  await api.done(getChannel, { params: { channel: "readings" } });
  const client = await connect(t, server.mqttUrl);
  await client.publish("readings/a", "1", 1);
  const { channels } = await api.done(listChannels);
  assert.ok(!channels.some(({ channel }) => channel === "readings"));
});
