import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { connectClient, Listening } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { MemoryBus } from "./support/memory-bus.js";
import { RawClient } from "./support/raw-client.js";
import { startServer } from "./support/server.js";

const rooms = { channel: "rooms", topics: ["rooms/#"], snapshot: true };
const device = { channel: "device:{id}", topics: ["devices/{id}/#"], snapshot: true };

test("a subscriber gets the last value of every topic, then live ones", async (t) => {
  const { url, bus } = await startServer(t, { channels: [rooms] });
  bus.send("rooms/a", "1");
  bus.send("rooms/b", "2");
  bus.send("rooms/a", "3");
  const client = await connectClient(t, url);
  const listening = await Listening.begin(client, "rooms");
  await listening.received(2);
  bus.send("rooms/b", "4");
  await listening.received(3);
  assert.deepEqual(
    listening.publications.map(({ data, tags }) => [tags?.topic, data]),
    [
      ["rooms/a", 3],
      ["rooms/b", 2],
      ["rooms/b", 4],
    ],
  );
});

test("tags tell a snapshot's values from live messages, and when the server got them", async (t) => {
  const bus = new MemoryBus();
  bus.send("rooms/old", "1", { retain: true });
  const { url } = await startServer(t, { channels: [rooms], bus });
  const first = await Listening.begin(await connectClient(t, url), "rooms");
  await first.received(1);
  const before = Date.now();
  bus.send("rooms/new", "2");
  await first.received(2);
  const second = await Listening.begin(await connectClient(t, url), "rooms");
  await second.received(2);
  assert.deepEqual(
    first.publications.map(({ tags }) => tags),
    [{ topic: "rooms/old", snapshot: "true" }, { topic: "rooms/new" }],
  );
  const [, replayed] = second.publications;
  assert.deepEqual([replayed?.tags?.topic, replayed?.tags?.snapshot], ["rooms/new", "true"]);
  const time = Number(replayed?.tags?.time);
  assert.ok(time >= before && time <= Date.now(), `${time}`);
});

test("a channel without snapshot starts with the next message", async (t) => {
  const bus = new MemoryBus();
  bus.send("rooms/a", "retained", { retain: true });
  const { url } = await startServer(t, { channels: [{ ...rooms, snapshot: false }], bus });
  const client = await connectClient(t, url);
  const listening = await Listening.begin(client, "rooms");
  bus.send("rooms/a", "live");
  await listening.received(1);
  assert.deepEqual(listening.values, ["live"]);
});

test("retained messages are the first last values", async (t) => {
  const bus = new MemoryBus();
  bus.send("rooms/a", "kept", { retain: true });
  bus.send("rooms/b", "cleared", { retain: true });
  bus.send("rooms/b", "", { retain: true });
  bus.send("rooms/c", "gone with the wind");
  const { url } = await startServer(t, { bus });
  const client = await connectClient(t, url);
  const listening = await Listening.begin(client, "mqtt:rooms/+");
  await listening.received(1);
  bus.send("rooms/d", "live");
  await listening.received(2);
  assert.deepEqual(listening.values, ["kept", "live"]);
});

test("a family keeps the last values of channels that nobody has listened to", async (t) => {
  const { url, bus } = await startServer(t, { channels: [device] });
  bus.send("devices/7/temperature", "21");
  bus.send("devices/7/humidity", "40");
  bus.send("devices/8/temperature", "18");
  const client = await connectClient(t, url);
  const seven = await Listening.begin(client, "device:7");
  const nine = await Listening.begin(client, "device:9");
  bus.send("devices/9/temperature", "5");
  await Promise.all([seven.received(2), nine.received(1)]);
  assert.deepEqual([seven.values, nine.values], [[21, 40], [5]]);
});

test("an empty retained message takes the topic out of the snapshot", async (t) => {
  const { url, bus } = await startServer(t, { channels: [rooms] });
  bus.send("rooms/a", "1", { retain: true });
  bus.send("rooms/b", "2");
  const first = await Listening.begin(await connectClient(t, url), "rooms");
  bus.send("rooms/a", "", { retain: true });
  assert.deepEqual((await first.received(3)).at(-1)?.data, "");
  const second = await Listening.begin(await connectClient(t, url), "rooms");
  bus.send("rooms/c", "3");
  await second.received(2);
  assert.deepEqual(second.values, [2, 3]);
});

/** A bus whose retained messages are read when the test says so. */
function slowBus(): { bus: MemoryBus; asked: Promise<void>; answer: () => void } {
  const bus = new MemoryBus();
  let answer = (): void => {};
  const asked = new Promise<void>((resolve) => {
    bus.beforeRetained = () =>
      new Promise((proceed) => {
        answer = proceed;
        resolve();
      });
  });
  return { bus, asked, answer: () => answer() };
}

test("a live message beats the retained one that is still being read", async (t) => {
  const { bus, asked, answer } = slowBus();
  for (const topic of ["r/old", "r/new", "r/cleared"]) bus.send(topic, "retained", { retain: true });
  const { url } = await startServer(t, { bus });
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel: "mqtt:r/#" } });
  await asked;
  bus.send("r/new", "live");
  bus.send("r/cleared", "", { retain: true });
  answer();
  const { subscribe } = (await client.reply(2)) as {
    subscribe: { publications: { data: unknown; tags: { topic: string } }[] };
  };
  assert.deepEqual(
    subscribe.publications.map(({ data, tags }) => [tags.topic, data]),
    [
      ["r/new", "live"],
      ["r/old", "retained"],
    ],
  );
  assert.equal(
    client.replies.filter((reply) => reply.push).length,
    0,
    "nothing is pushed before the subscription has begun",
  );
});

test("unsubscribing while the last values are being read ends the subscription", async (t) => {
  const { bus, asked, answer } = slowBus();
  const { url, bridge } = await startServer(t, { bus });
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel: "mqtt:r" } });
  await asked;
  client.command({ id: 3, unsubscribe: { channel: "mqtt:r" } });
  assert.equal(((await client.reply(2)) as { error: { code: number } }).error.code, 108);
  assert.deepEqual(await client.reply(3), { id: 3, unsubscribe: {} });
  answer();
  client.command({ id: 4, subscribe: { channel: "mqtt:r" } });
  await client.reply(4);
  bus.send("r", "1");
  await client.pushed(1);
  assert.equal(bridge.stats().subscribers, 1);
});

test("retained messages that cannot be read refuse the subscription, and the next one tries again", async (t) => {
  const bus = new MemoryBus();
  bus.beforeRetained = () => Promise.reject(new Error("disk on fire"));
  const { url } = await startServer(t, { bus });
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel: "mqtt:r" } });
  const { error } = (await client.reply(2)) as { error: { code: number; temporary: boolean } };
  assert.deepEqual([error.code, error.temporary], [100, true]);
  bus.beforeRetained = async () => {};
  client.command({ id: 3, subscribe: { channel: "mqtt:r" } });
  assert.deepEqual(await client.reply(3), { id: 3, subscribe: {} });
});

test("at the bound the topic that was updated longest ago is dropped and counted", async (t) => {
  const { url, bus, bridge } = await startServer(t, { channels: [rooms], bridge: { maxTopics: 3 } });
  for (const topic of ["a", "b", "c"]) bus.send(`rooms/${topic}`, `"${topic}"`);
  bus.send("rooms/a", '"a again"');
  bus.send("rooms/d", '"d"');
  const listening = await Listening.begin(await connectClient(t, url), "rooms");
  await listening.received(3);
  assert.deepEqual(listening.values.toSorted(), ["a again", "c", "d"]);
  const { topics, topicsDropped } = bridge.stats();
  assert.deepEqual([topics, topicsDropped], [3, 1]);
});

/** Publishes 5,000 topics of 200 bytes, more than a session's outbox may hold. */
async function bigSnapshot(t: TestContext) {
  const server = await startServer(t, {
    channels: [rooms],
    gateway: { maxOutboxSize: 256 * 1024, maxFrameSize: 1024 * 1024 },
  });
  const filler = "x".repeat(180);
  const publish = (i: number, version: number): void =>
    server.bus.send(`rooms/${i}`, JSON.stringify({ version, filler }));
  for (let i = 0; i < 5_000; i++) publish(i, 1);
  return { ...server, publish };
}

test("a snapshot larger than the outbox arrives in pages, with live values between and never an older one after a newer", async (t) => {
  const { url, gateway, publish } = await bigSnapshot(t);
  const client = await RawClient.connect(t, url);
  client.socket.pause();
  client.command({ id: 2, subscribe: { channel: "rooms" } });
  await eventually(() => gateway.stats().bytesSent > 100_000, "the server is in the middle of it");
  for (let i = 0; i < 5_000; i += 100) publish(i, 2);
  client.socket.resume();
  await client.reply(2);
  const seen = new Map<string, number[]>();
  const collect = (): boolean | undefined => {
    seen.clear();
    for (const reply of client.replies) {
      const page = (reply.subscribe as { publications?: unknown[] } | undefined)?.publications ?? [];
      const push = (reply.push as { pub: unknown } | undefined)?.pub;
      for (const pub of push ? [push] : page) {
        const { data, tags } = pub as { data: { version: number }; tags: { topic: string } };
        seen.set(tags.topic, [...(seen.get(tags.topic) ?? []), data.version]);
      }
    }
    return seen.size === 5_000 && [...seen.values()].filter((v) => v.at(-1) === 2).length === 50
      ? true
      : undefined;
  };
  await client.until(collect, "all topics");
  for (const [topic, versions] of seen) {
    const expected = Number(topic.slice("rooms/".length)) % 100 === 0 ? [[2], [1, 2]] : [[1]];
    assert.ok(
      expected.some((e) => JSON.stringify(e) === JSON.stringify(versions)),
      `${topic}: ${versions}`,
    );
  }
  assert.ok(Math.max(...client.frames.map(({ length }) => length)) < 200_000, "no message is huge");
});

test("many large snapshots asked for at once do not make a session slow", async (t) => {
  const { url, gateway } = await bigSnapshot(t);
  const client = await RawClient.connect(t, url);
  const channels = Array.from({ length: 10 }, (_, i) => `mqtt:rooms/${i}/#`);
  client.command(
    { id: 2, subscribe: { channel: "rooms" } },
    ...channels.map((channel, i) => ({ id: i + 3, subscribe: { channel } })),
  );
  await client.pushed(4_000);
  assert.equal(gateway.stats().disconnects.slow, undefined);
});

test("leaving in the middle of a snapshot stops it", async (t) => {
  const { url, bus } = await bigSnapshot(t);
  const client = await RawClient.connect(t, url);
  client.socket.pause();
  client.command({ id: 2, subscribe: { channel: "rooms" } }, { id: 3, unsubscribe: { channel: "rooms" } });
  client.command({ id: 4, subscribe: { channel: "mqtt:end" } });
  client.socket.resume();
  await client.reply(4);
  bus.send("end", "1");
  await client.until(
    () => client.replies.find((reply) => JSON.stringify(reply).includes("mqtt:end")),
    "the end",
  );
  const pushed = client.replies.filter((reply) => reply.push).length;
  assert.ok(pushed < 1_000, `${pushed} of 5,000 values were sent`);
});

test("a client that goes away in the middle of a snapshot leaves nothing behind", async (t) => {
  const { url, gateway, bridge } = await bigSnapshot(t);
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel: "rooms" } });
  await once(client.socket, "message");
  client.socket.terminate();
  await eventually(() => gateway.stats().sessions === 0, "the session is gone");
  assert.deepEqual(
    [gateway.stats().sessions, gateway.stats().subscriptions, bridge.stats().subscribers],
    [0, 0, 0],
  );
});
