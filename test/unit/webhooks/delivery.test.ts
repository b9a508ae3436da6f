import assert from "node:assert/strict";
import { test } from "node:test";
import { channels, WebhookGround } from "./ground.js";
import { Receiver, status } from "./receiver.js";

test("events come once, in order and in batches, and then nothing is stored any more", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, channels(receiver, { batch: { events: 10, delay: "50ms" } }));
  const expected = ground.emit(95);
  await receiver.until(() => receiver.taken.length === 95);
  assert.deepEqual(receiver.texts, expected);
  assert.deepEqual(
    receiver.requests.map(({ events }) => events.length),
    [...Array(9).fill(10), 5],
  );
  assert.equal(new Set(receiver.taken.map(({ id }) => id)).size, 95);
  assert.equal(new Set(receiver.requests.map(({ id }) => id)).size, 10);
  assert.equal(receiver.connections, 1, "one connection is used for all");
  await ground.until(() => ground.stats().sent === 95);
  await ground.stop();
  await ground.start();
  assert.deepEqual(await ground.stored(), {});
  const { waiting, waitingBytes } = ground.stats();
  assert.deepEqual([waiting, waitingBytes], [0, 0]);
});

test("what an event says", async (t) => {
  const receiver = await Receiver.start(t);
  const events = ["client.connected", "client.disconnected", "channel.occupied", "channel.vacated"] as const;
  const ground = await WebhookGround.start(t, {
    url: receiver.url,
    events: [...events, "member.joined", "member.left", "message"],
    topics: ["a/#", "a/+", "b"],
  });
  const { webhooks, bus } = ground;
  const client = { client: "c1", user: "ada", transport: "websocket", remote: "127.0.0.1" };
  webhooks.clientConnected(client);
  webhooks.channelOccupied("news");
  webhooks.memberJoined("news", { client: "c1", user: "ada" });
  bus.send("a/b", '{"on": true}');
  bus.send("a/b/c", "plain text", { retain: true });
  bus.send("b", Buffer.of(0xff, 0x00));
  bus.send("elsewhere", "not told");
  webhooks.memberLeft("news", { client: "c1", user: "ada" });
  webhooks.channelVacated("news");
  webhooks.clientDisconnected({ ...client, code: 3000, reason: "connection closed" });
  await receiver.until(() => receiver.taken.length >= 9);
  assert.deepEqual(
    receiver.taken.map(({ type, data }) => [type, data]),
    [
      ["client.connected", client],
      ["channel.occupied", { channel: "news" }],
      ["member.joined", { channel: "news", info: { client: "c1", user: "ada" } }],
      ["message", { topic: "a/b", qos: 0, retain: false, payload: { on: true } }],
      ["message", { topic: "a/b/c", qos: 0, retain: true, payload: "plain text" }],
      ["message", { topic: "b", qos: 0, retain: false, encoding: "base64", payload: "/wA=" }],
      ["member.left", { channel: "news", info: { client: "c1", user: "ada" } }],
      ["channel.vacated", { channel: "news" }],
      ["client.disconnected", { ...client, code: 3000, reason: "connection closed" }],
    ],
  );
});

test("each webhook is told of what it wants, and waits for nobody else's receiver", async (t) => {
  const [one, two] = [await Receiver.start(t), await Receiver.start(t)];
  const ground = await WebhookGround.start(
    t,
    channels(one, { name: "one" }),
    channels(two, { name: "two", events: ["channel.vacated", "channel.occupied"] }),
  );
  one.answer = () => undefined; // it hangs
  ground.webhooks.channelVacated("v");
  ground.emit(3);
  await two.until(() => two.taken.length === 4);
  assert.deepEqual(two.texts, ["v", "1", "2", "3"]);
  await ground.until(() => ground.stats("two").waiting === 0);
  assert.equal(ground.stats("one").waiting, 3);
  assert.ok(two.requests.every(({ webhook }) => webhook === "two"));
});

test("a batch is as large as it may be in bytes, and a larger event goes by itself", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, {
    url: receiver.url,
    events: ["message"],
    topics: ["#"],
    batch: { size: "10KiB", delay: "1h" },
  });
  const sizes = [4_000, 4_000, 4_000, 30_000, 4_000, 11_000];
  for (const size of sizes) ground.bus.send("a", "x".repeat(size));
  await receiver.until(() => receiver.taken.length === 6);
  const batches = receiver.requests.map(({ events }) =>
    events.map(({ data }) => String(data.payload).length),
  );
  assert.deepEqual(batches.flat(), sizes);
  for (const batch of batches)
    assert.ok(batch.length === 1 || batch.reduce((sum, size) => sum + size) < 10 * 1024, batch.join());
});

test("a request that is not full waits for more events, and a full one does not", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, channels(receiver, { batch: { events: 3, delay: "1h" } }));
  ground.emit(2);
  await ground.store.flush();
  assert.equal(receiver.requests.length, 0);
  ground.emit(1, 3);
  await receiver.until(() => receiver.taken.length === 3);
  assert.deepEqual(receiver.texts, ["1", "2", "3"]);
});

test("any 2xx is taken", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, channels(receiver));
  for (const [index, code] of [201, 202, 204].entries()) {
    receiver.answer = status(code);
    ground.emit(1);
    await receiver.until(() => receiver.requests.length === index + 1);
    await ground.until(() => ground.stats().sent === index + 1);
  }
  assert.equal(ground.stats().failures, 0);
});

test("an endless answer is not read, and one that hangs is not waited for: its status is what counts", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, channels(receiver, { timeout: "200ms" }));
  let written = 0;
  receiver.answer = (_request, response) => {
    const chunk = Buffer.alloc(16 * 1024, "x");
    response.writeHead(200).on("error", () => undefined);
    const write = () => {
      written += chunk.length;
      if (!response.destroyed) response.write(chunk, write);
    };
    write();
  };
  ground.emit(1);
  await receiver.until(() => receiver.requests.length === 1);
  await ground.until(() => ground.stats().sent === 1);
  receiver.answer = (_request, response) => void response.writeHead(200).write("and then nothing");
  ground.emit(1, 2);
  await ground.until(() => ground.stats().sent === 2);
  assert.deepEqual([receiver.requests.length, ground.stats().failures], [2, 0]);
  assert.ok(written < 16 * 1024 * 1024, `${written} bytes were taken`);
});

test("what is not asked for costs nothing, and neither does a webhook that is not there", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, channels(receiver));
  ground.webhooks.channelVacated("news");
  ground.bus.send("a", "x");
  assert.deepEqual(ground.bus.filters, []);
  assert.equal(ground.stats().events, 0);
  await ground.stop();
  await ground.start([]);
  ground.emit(1);
  assert.deepEqual([...ground.webhooks.stats()], []);
});
