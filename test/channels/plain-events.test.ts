import assert from "node:assert/strict";
import { test } from "node:test";
import { connectClient, Listening } from "./support/client.js";
import { faultOf, PlainClient } from "./support/plain-client.js";
import { startServer } from "./support/server.js";

/* What bare WebSockets publish, and who gets it in which form. */

const channels = [
  {
    channel: "chat:{room}",
    topics: ["chat/{room}/#"],
    publish: { topic: "chat/{room}/said", qos: 0 as const, retain: false },
    history: { size: 10, ttl: 60_000 },
  },
];

test("a publication keeps its event and meta among bare WebSockets; MQTT carries the data alone", async (t) => {
  const { bus, plainUrl } = await startServer(t, { channels });
  const ann = await PlainClient.open(t, plainUrl("chat:a"));
  const bob = await PlainClient.open(t, plainUrl("chat:a"));
  ann.publish("client-typing", { c: 1 }, { sender: { name: "ann" }, n: 7 });
  const [frame] = await bob.frames(1);
  const { time, ...meta } = frame?.meta ?? {};
  assert.equal(typeof time, "number");
  assert.deepEqual(
    { ...frame, meta },
    {
      event: "client-typing",
      data: { c: 1 },
      meta: { sender: { name: "ann" }, n: 7, topic: "chat/a/said" },
    },
  );
  assert.deepEqual(
    bus.published.map(({ topic, payload }) => [topic, payload.toString()]),
    [["chat/a/said", '{"c":1}']],
  );
});

test("a client's meta cannot pass for the server's", async (t) => {
  const { plainUrl } = await startServer(t, { channels });
  const ann = await PlainClient.open(t, plainUrl("chat:a"));
  const bob = await PlainClient.open(t, plainUrl("chat:a"));
  ann.publish("x", 1, { topic: "forged", time: 1, __proto__: null, 'a"b\n': "c\n" });
  const [frame] = await bob.frames(1);
  assert.equal(frame?.meta.topic, "chat/a/said");
  assert.equal(
    bob.raw.frames[0]?.match(/"topic":|"time":/g)?.length,
    2,
    "some parsers take the first of two",
  );
  assert.ok(Number(frame?.meta.time) > 1);
  assert.equal(frame?.meta['a"b\n'], "c\n");
});

test("sessions of the channel protocol get the data, and what they publish is a message", async (t) => {
  const { plainUrl, url } = await startServer(t, { channels });
  const client = await connectClient(t, url);
  const listening = await Listening.begin(client, "chat:a");
  const plain = await PlainClient.open(t, plainUrl("chat:a"));
  plain.publish("wave", { from: "plain" });
  await listening.received(1);
  assert.deepEqual(
    listening.publications.map(({ data, tags }) => [data, tags]),
    [[{ from: "plain" }, { topic: "chat/a/said" }]],
  );
  await listening.subscription.publish({ from: "protocol" });
  const [frame] = await plain.frames(1);
  assert.deepEqual([frame?.event, frame?.data], ["message", { from: "protocol" }]);
  const { publications } = await listening.subscription.history({ limit: 10 });
  assert.deepEqual(
    publications.map(({ data }) => data),
    [{ from: "plain" }, { from: "protocol" }],
  );
});

test("a message from a device is a message, whatever came before", async (t) => {
  const { bus, plainUrl } = await startServer(t, { channels });
  const ann = await PlainClient.open(t, plainUrl("chat:a"));
  const bob = await PlainClient.open(t, plainUrl("chat:a"));
  ann.publish("wave", 1);
  await bob.frames(1);
  bus.send("chat/a/sensor", "2");
  const frames = await bob.frames(2);
  assert.deepEqual(
    frames.map(({ event }) => event),
    ["wave", "message"],
  );
});

test("a last value keeps the event it came with", async (t) => {
  const { plainUrl } = await startServer(t, {
    channels: [{ ...channels[0], snapshot: true } as never],
  });
  const ann = await PlainClient.open(t, `${plainUrl("chat:a")}?notify_self=1`);
  ann.publish("wave", 1, { n: 1 });
  await ann.frames(1);
  const late = await PlainClient.open(t, plainUrl("chat:a"));
  const [frame] = await late.frames(1);
  assert.deepEqual([frame?.event, frame?.data, frame?.meta.n], ["wave", 1, 1]);
});

for (const [query, own] of [
  ["", false],
  ["?notify_self=0", false],
  ["?notify_self=false", false],
  ["?notify_self=1", true],
  ["?notify_self=true", true],
  ["?api_key=k&notify_self=True&source=jssdk&v=5.0.8&presence=0&unknown=%00", true],
] as const) {
  test(`${query || "no query"}: the publisher ${own ? "gets" : "does not get"} its own messages`, async (t) => {
    const { plainUrl } = await startServer(t, { channels });
    const ann = await PlainClient.open(t, plainUrl("chat:a") + query);
    const bob = await PlainClient.open(t, `${plainUrl("chat:a")}`);
    ann.publish("from-ann", 1);
    await bob.frames(1);
    bob.publish("from-bob", 2);
    await ann.frames(own ? 2 : 1);
    assert.deepEqual(
      ann.all.map(({ event }) => event),
      own ? ["from-ann", "from-bob"] : ["from-bob"],
    );
  });
}

const deep = { a: { b: { c: { d: { e: { f: { g: { h: 1 } } } } } } } };
const refused: [string, object, RegExp][] = [
  ["an event of the server's own", { event: "system:member_left", data: {} }, /system:/],
  ["an event that is too long", { event: "x".repeat(256), data: 1 }, /"event" must not be longer than 255/],
  [
    "meta that is too long",
    { event: "x", data: 1, meta: { a: "y".repeat(1_024) } },
    /not be longer than 1024/,
  ],
  ["meta that is too deep", { event: "x", data: 1, meta: { a: deep } }, /deeper than 8 levels/],
];

for (const [what, frame, message] of refused) {
  test(`${what} is refused with system:error`, async (t) => {
    const { bus, plainUrl } = await startServer(t, { channels });
    const ann = await PlainClient.open(t, `${plainUrl("chat:a")}?notify_self=1`);
    ann.raw.socket.send(JSON.stringify(frame));
    ann.publish("fine", 1, deep);
    const [error, fine] = await ann.frames(2);
    assert.deepEqual([faultOf(error).code, error?.error], [107, undefined]);
    assert.match(faultOf(error).message, message);
    assert.deepEqual([fine?.event, bus.published.length], ["fine", 1]);
  });
}
