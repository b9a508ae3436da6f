import assert from "node:assert/strict";
import { test } from "node:test";
import { connectClient, Listening } from "./support/client.js";
import { encoding } from "./support/encoding.js";
import { RawClient, type Reply } from "./support/raw-client.js";
import { startServer } from "./support/server.js";

const channels = [
  {
    channel: "device:{id}",
    topics: ["devices/{id}/#"],
    publish: { topic: "devices/{id}/commands", qos: 1 as const, retain: true },
  },
  { channel: "read-only", topics: ["r/#"] },
];

test("a publication becomes the rule's MQTT message", async (t) => {
  const { url, bus } = await startServer(t, { channels });
  const client = await connectClient(t, url);
  const listening = await Listening.begin(client, "device:7");
  await listening.subscription.publish({ led: true });
  await client.publish("device:8", "plain text");
  assert.deepEqual(
    bus.published.map(({ topic, payload, qos, retain }) => [topic, payload.toString(), qos, retain]),
    [
      ["devices/7/commands", '{"led":true}', 1, true],
      ["devices/8/commands", "plain text", 1, true],
    ],
  );
  await listening.received(1);
  assert.deepEqual(
    listening.values,
    [{ led: true }],
    "who publishes to a channel that listens to the topic hears it",
  );
});

test("data reaches the device exactly as it was written", async (t) => {
  const { url, bus } = await startServer(t, { channels });
  const client = await RawClient.connect(t, url);
  const values = [
    '{"b":1.50, "a":12345678901234567890,"2":1,"1":{"__proto__":"x"}}',
    "null",
    "false",
    "-0.10",
    "[1, 2]",
    '""',
  ];
  for (const [i, value] of values.entries()) {
    const id = i + 2;
    if (encoding.protobuf) client.command({ id, publish: { channel: "device:7", data: Buffer.from(value) } });
    else client.socket.send(`{"id":${id},"publish":{"channel":"device:7","data":0,"data" : ${value} }}`);
  }
  await client.reply(values.length + 1);
  assert.deepEqual(
    bus.published.map(({ payload }) => payload.toString()),
    [...values.slice(0, -1), ""],
  );
});

test("any exact topic can be published to through the built-in family, without subscribing", async (t) => {
  const { url, bus } = await startServer(t);
  const client = await connectClient(t, url);
  await client.publish("mqtt:sensors/kitchen", { c: 21.5 });
  assert.deepEqual(
    bus.published.map(({ topic, payload }) => [topic, payload.toString()]),
    [["sensors/kitchen", '{"c":21.5}']],
  );
});

const refusals: [string, string, number, RegExp][] = [
  ["a wildcard", "mqtt:sensors/+", 107, /holds a wildcard; publish to one topic/],
  ["a topic of the server's own", "mqtt:$SYS/x", 103, /begin with \$/],
  [
    "a channel whose rule has no publish",
    "read-only",
    103,
    /"read-only" is read-only: its rule has no publish/,
  ],
  ["a channel that no rule makes", "nobody", 102, /no rule makes a channel "nobody"/],
  ["a capture with a wildcard", "device:+", 102, /device:\+/],
  ["a capture with two levels", "device:a/b", 102, /device:a\/b/],
  ["a name that objects inherit", "__proto__", 102, /__proto__/],
  ["a filter that is none", "mqtt:a/#/b", 102, /# must be the whole last level/],
];

for (const [what, channel, code, message] of refusals) {
  test(`publishing to ${what} is refused`, async (t) => {
    const { url, bus } = await startServer(t, { channels });
    const client = await connectClient(t, url);
    await assert.rejects(client.publish(channel, 1), (error: { code: number; message: string }) => {
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
    assert.deepEqual(bus.published, []);
  });
}

test("a publication is acknowledged only when the broker has taken it", async (t) => {
  const { url, bus } = await startServer(t);
  let take = (): void => {};
  const asked = new Promise<void>((resolve) => {
    bus.beforePublish = () =>
      new Promise((proceed) => {
        take = proceed;
        resolve();
      });
  });
  const client = await RawClient.connect(t, url);
  client.command(
    { id: 2, publish: { channel: "mqtt:a", data: 1 } },
    { id: 3, unsubscribe: { channel: "x" } },
  );
  await asked;
  await client.reply(3);
  assert.equal(
    client.replies.find(({ id }) => id === 2),
    undefined,
  );
  take();
  assert.deepEqual(await client.reply(2), { id: 2, publish: {} });
});

test("a broker that refuses says why", async (t) => {
  const { url, bus, bridge } = await startServer(t);
  bus.beforePublish = () => Promise.reject(new Error("the store is full; delete some retained messages"));
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, publish: { channel: "mqtt:a", data: 1 } });
  assert.deepEqual(await client.reply(2), {
    id: 2,
    error: {
      code: 100,
      message: "internal server error: the store is full; delete some retained messages",
      temporary: true,
    },
  });
  assert.equal(bridge.stats().publishFailures, 1);
});

test("a client is read no further while many of its publications wait", async (t) => {
  const { url, bus } = await startServer(t);
  const waiting: (() => void)[] = [];
  bus.beforePublish = () => new Promise((proceed) => waiting.push(proceed));
  const client = await RawClient.connect(t, url);
  const count = 1_000;
  for (let id = 2; id < count + 2; id++) {
    client.command({ id, publish: { channel: "mqtt:a", data: "x".repeat(30_000) } });
  }
  const answered = (): Reply[] => client.replies.filter(({ publish }) => publish);
  let most = 0;
  const patience = AbortSignal.timeout(60_000);
  while (answered().length < count) {
    patience.throwIfAborted();
    most = Math.max(most, waiting.length);
    waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(most >= 100 && most < 200, `${most} publications waited at a time`);
});
