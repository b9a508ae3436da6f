import assert from "node:assert/strict";
import { test } from "node:test";
import { connectClient, Listening } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { RawClient } from "./support/raw-client.js";
import { startServer } from "./support/server.js";

const telemetry = { channel: "telemetry", topics: ["devices/+/telemetry"] };
const device = { channel: "device:{id}", topics: ["devices/{id}/#"] };

test("a channel is fed by a wildcard, with the topic in the tags", async (t) => {
  const { url, bus } = await startServer(t, { channels: [telemetry] });
  const client = await connectClient(t, url);
  const listening = await Listening.begin(client, "telemetry");
  bus.send("devices/7/telemetry", '{"c":21.5}');
  bus.send("devices/7/state", "not for this channel");
  bus.send("devices/8/telemetry", '{"c":22}');
  const publications = await listening.received(2);
  assert.deepEqual(
    publications.map(({ channel, data, tags }) => ({ channel, data, tags })),
    [
      { channel: "telemetry", data: { c: 21.5 }, tags: { topic: "devices/7/telemetry" } },
      { channel: "telemetry", data: { c: 22 }, tags: { topic: "devices/8/telemetry" } },
    ],
  );
});

test("a family gives each channel the topics of its capture", async (t) => {
  const { url, bus } = await startServer(t, { channels: [device] });
  const client = await connectClient(t, url);
  const seven = await Listening.begin(client, "device:7");
  const eight = await Listening.begin(client, "device:8");
  bus.send("devices/7/a/b", "1");
  bus.send("devices/8/a", "2");
  bus.send("devices/9/a", "3");
  bus.send("devices/7/c", "4");
  await Promise.all([seven.received(2), eight.received(1)]);
  assert.deepEqual([seven.values, eight.values], [[1, 4], [2]]);
});

test("any topic filter is a channel of the built-in family", async (t) => {
  const { url, bus } = await startServer(t);
  const client = await connectClient(t, url);
  const all = await Listening.begin(client, "mqtt:#");
  const some = await Listening.begin(client, "mqtt:a/+/c");
  bus.send("a/b/c", "1");
  bus.send("$SYS/broker/uptime", "2");
  bus.send("x", "3");
  await all.received(2);
  assert.deepEqual([all.values, some.values], [[1, 3], [1]]);
});

test("a message that several filters of a channel match arrives once", async (t) => {
  const channels = [
    { channel: "both", topics: ["a/#", "+/b"] },
    { channel: "kept:{id}", topics: ["k/{id}/#", "k/{id}/state"], snapshot: true },
  ];
  const { url, bus } = await startServer(t, { channels });
  const client = await connectClient(t, url);
  const both = await Listening.begin(client, "both");
  const kept = await Listening.begin(client, "kept:1");
  for (const topic of ["a/b", "x/b", "a/c", "k/1/state", "k/1/other"]) bus.send(topic, JSON.stringify(topic));
  await Promise.all([both.received(3), kept.received(2)]);
  assert.deepEqual(both.values, ["a/b", "x/b", "a/c"]);
  assert.deepEqual(kept.values, ["k/1/state", "k/1/other"]);
});

test("the bus is subscribed to only while somebody listens, and a while longer", async (t) => {
  const { url, bus, bridge } = await startServer(t, { channels: [telemetry], bridge: { linger: 30 } });
  assert.deepEqual(bus.filters, []);
  const first = await connectClient(t, url);
  const second = await connectClient(t, url);
  const listening = await Listening.begin(first, "telemetry");
  await Listening.begin(second, "telemetry");
  assert.deepEqual(bus.filters, ["devices/+/telemetry"]);
  listening.subscription.unsubscribe();
  second.disconnect();
  await eventually(() => bus.filters.length === 0, "the bus is left");
  assert.deepEqual([bus.filters, bridge.stats().channels, bridge.stats().subscribers], [[], 0, 0]);
});

test("a channel that is used again within its linger keeps its subscription", async (t) => {
  const { url, bus, bridge } = await startServer(t, { channels: [telemetry] });
  const client = await connectClient(t, url);
  const listening = await Listening.begin(client, "telemetry");
  listening.subscription.unsubscribe();
  const again = new Promise((resolve) => listening.subscription.once("subscribed", resolve));
  listening.subscription.subscribe();
  await again;
  bus.send("devices/1/telemetry", "1");
  await listening.received(1);
  assert.deepEqual([listening.values, bus.filters.length, bridge.stats().subscribers], [[1], 1, 1]);
});

test("an unsubscribed channel is silent and can be subscribed to again", async (t) => {
  const { url, bus, gateway } = await startServer(t);
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel: "mqtt:a" } });
  assert.deepEqual(await client.reply(2), { id: 2, subscribe: {} });
  client.command(
    { id: 3, unsubscribe: { channel: "mqtt:a" } },
    { id: 4, unsubscribe: { channel: "mqtt:a" } },
  );
  assert.deepEqual(await client.reply(4), { id: 4, unsubscribe: {} });
  assert.equal(gateway.stats().subscriptions, 0);
  bus.send("a", "unheard");
  client.command({ id: 5, subscribe: { channel: "mqtt:b" } });
  await client.reply(5);
  bus.send("b", "heard");
  const pushes = await client.pushed(1);
  assert.deepEqual(pushes, [{ channel: "mqtt:b", pub: { data: "heard", tags: { topic: "b" } } }]);
});

test("payloads arrive as JSON, text or base64", async (t) => {
  const { url, bus } = await startServer(t);
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel: "mqtt:t" } });
  await client.reply(2);
  bus.send("t", '{\r\n  "big": 12345678901234567890,\n\t"text": "a\\nb"\n}\n');
  bus.send("t", "21.50");
  bus.send("t", "plain text, \u{1F600}\nsecond line");
  bus.send("t", Buffer.from([0xff, 0x00, 0x80]));
  bus.send("t", "");
  const pushes = await client.pushed(5);
  assert.deepEqual(
    pushes.map(({ pub }) => pub),
    [
      { data: { big: Number("12345678901234567890"), text: "a\nb" }, tags: { topic: "t" } },
      { data: 21.5, tags: { topic: "t" } },
      { data: "plain text, \u{1F600}\nsecond line", tags: { topic: "t" } },
      { data: "/wCA", tags: { topic: "t", encoding: "base64" } },
      { data: "", tags: { topic: "t" } },
    ],
  );
  const text = client.frames.join("\n");
  assert.ok(
    text.includes('{"big": 12345678901234567890,"text": "a\\nb"}'),
    "digits survive as they were sent",
  );
  assert.match(text, /"data":21\.50[,}]/, "numbers keep their spelling");
});

test("what happens within one turn arrives as one message", async (t) => {
  const { url, bus } = await startServer(t);
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel: "mqtt:a/#" } }, { id: 3, subscribe: { channel: "mqtt:b" } });
  await client.reply(3);
  const before = client.frames.length;
  for (const topic of ["a/1", "b", "a/2", "a/3"]) bus.send(topic, JSON.stringify(topic));
  const pushes = await client.pushed(4);
  assert.deepEqual(
    pushes.map(({ pub }) => pub.data),
    ["a/1", "b", "a/2", "a/3"],
  );
  assert.equal(client.frames.length - before, 1);
});

test("fifty devices into one channel: every message is accounted for, in order", async (t) => {
  const { url, bus } = await startServer(t, { channels: [telemetry] });
  const clients = await Promise.all([1, 2, 3].map(() => connectClient(t, url)));
  const all = await Promise.all(clients.map((client) => Listening.begin(client, "telemetry")));
  for (let n = 0; n < 40; n++) {
    for (let id = 0; id < 50; id++) bus.send(`devices/${id}/telemetry`, JSON.stringify({ id, n }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const expected = Array.from({ length: 2_000 }, (_, i) => ({ id: i % 50, n: Math.floor(i / 50) }));
  for (const listening of all) {
    await listening.received(2_000);
    assert.deepEqual(listening.values, expected);
  }
});
