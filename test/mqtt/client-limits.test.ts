import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as dial } from "node:net";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { generate } from "mqtt-packet";
import { AccessGround } from "./support/access-ground.js";

test("QoS 0 over limits.messageRate is dropped, counted and logged; other clients are not touched", async (t) => {
  const ground = await AccessGround.start(t, { limits: { messageRate: 10 } });
  const watcher = await ground.raw(undefined, { clientId: "watcher" });
  await watcher.subscribe({ "#": 0 });
  const fast = await ground.raw(undefined, { clientId: "fast" });
  for (let i = 0; i < 200; i++) fast.publish("a", `${i}`);
  await fast.ping();
  const other = await ground.raw(undefined, { clientId: "other" });
  other.publish("b", "end");
  await watcher.until(() => watcher.received.some(({ topic }) => topic === "b"), "the other's");
  const dropped = ground.counters.refusedMessages.messageRate;
  const came = watcher.received.length - 1;
  assert.equal(came + dropped, 200);
  assert.ok(came >= 10 && came < 40, `${came} came`);
  await ground.logged("message dropped: limits.messageRate is reached", { client: "fast" });
});

for (const qos of [1, 2] as const)
  test(`at QoS ${qos} a client over limits.messageRate waits, and loses nothing`, async (t) => {
    const ground = await AccessGround.start(t, { limits: { messageRate: 40 } });
    const client = await ground.raw(undefined, { clientId: "fast" });
    const began = performance.now();
    for (let i = 0; i < 80; i++) client.publish("a", `${i}`, qos);
    await client.allAcknowledged(80);
    const seconds = (performance.now() - began) / 1_000;
    assert.ok(seconds > 0.8, `80 messages at 40/s, of which 40 come at once, took ${seconds} s`);
    assert.ok(ground.broker.throttle.pauses > 0);
    assert.deepEqual(ground.counters.refusedMessages, { rights: 0, messageRate: 0, byteRate: 0 });
  });

test("limits.byteRate counts the bytes of messages; one that is larger than a second's passes, and is waited for", async (t) => {
  const ground = await AccessGround.start(t, { limits: { byteRate: 10_000 } });
  const client = await ground.raw(undefined, { clientId: "large" });
  client.publish("a", Buffer.alloc(15_000), 1);
  await client.allAcknowledged(1);
  const began = performance.now();
  client.publish("a", "x", 1);
  await client.allAcknowledged(2);
  assert.ok(performance.now() - began > 300);
  const plain = await ground.raw(undefined, { clientId: "plain" });
  for (let i = 0; i < 20; i++) plain.publish("a", Buffer.alloc(1_000));
  await plain.ping();
  assert.ok(ground.counters.refusedMessages.byteRate >= 8);
  await ground.logged("message dropped: limits.byteRate is reached", { client: "plain" });
});

test("a client over limits.subscribeRate waits", async (t) => {
  const ground = await AccessGround.start(t, { limits: { subscribeRate: 20 } });
  const client = await ground.raw(undefined, { clientId: "keen" });
  const began = performance.now();
  const filters = Array.from({ length: 30 }, (_, i) => `a/${i}`);
  await client.subscribe(Object.fromEntries(filters.map((filter) => [filter, 0])));
  await client.unsubscribe(...filters.slice(0, 5));
  assert.ok(performance.now() - began > 400);
});

test("that a client has gone while it waits is noticed when it is read again", async (t) => {
  const ground = await AccessGround.start(t, { limits: { messageRate: 2 } });
  const client = await ground.raw(undefined, { clientId: "fast" });
  for (let i = 0; i < 4; i++) client.publish("a", "x", 1);
  await client.allAcknowledged(2);
  await client.cut();
  await ground.offline("fast");
  assert.equal(ground.broker.stats().connections, 0);
});

test("a topic over a limit ends the connection: in PUBLISH, SUBSCRIBE, UNSUBSCRIBE and a will", async (t) => {
  const ground = await AccessGround.start(t, { limits: { maxTopicLength: 20, maxTopicLevels: 3 } });
  const long = "\u20ac".repeat(7);
  const deep = "a/b/c/d";
  let count = 0;
  for (const [topic, reason] of [
    [long, "a topic of 21 bytes is over limits.maxTopicLength (20)"],
    [deep, "a topic with more levels than limits.maxTopicLevels (3)"],
  ] as const) {
    const tries: readonly [string, (id: string) => Promise<unknown>][] = [
      [
        `PUBLISH with ${reason}`,
        async (clientId) => (await ground.raw(undefined, { clientId })).publish(topic, "x", 1),
      ],
      [
        `a subscription with ${reason}`,
        async (clientId) => (await ground.raw(undefined, { clientId })).subscribe({ a: 0, [topic]: 0 }),
      ],
      [
        `a subscription with ${reason}`,
        async (clientId) => (await ground.raw(undefined, { clientId })).unsubscribe(topic),
      ],
      [
        `CONNECT with a ${reason}`,
        (clientId) =>
          ground.raw(undefined, {
            clientId,
            will: { topic, payload: Buffer.from("x"), qos: 0, retain: false },
          }),
      ],
    ];
    for (const [expected, attempt] of tries) {
      await attempt(`client-${++count}`).catch(() => undefined);
      await ground.logged("client closed for an error", { reason: expected });
      while (ground.broker.stats().connections > 0) await nextTurn();
    }
  }
  assert.deepEqual(ground.broker.topicLimits.exceeded, { maxTopicLength: 4, maxTopicLevels: 4 });
  const client = await ground.raw(undefined, { clientId: "well" });
  assert.deepEqual(await client.subscribe({ "a/b/c": 1, [long.slice(1)]: 0 }), [1, 0]);
  client.publish("a/b/c", "x", 1);
  await client.allAcknowledged(1);
});

test("a CONNECT over limits.unauthenticatedSize is refused at its first bytes; later packets may be larger", async (t) => {
  const ground = await AccessGround.start(t, { limits: { unauthenticatedSize: 1_024 } });
  const socket = dial(ground.port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.write(Buffer.from([0x10, 0x81, 0x08])); // 1,025 bytes are to follow
  await once(socket, "close");
  await ground.logged("client closed for an error", {
    reason: "a CONNECT of at least 1025 bytes is over limits.unauthenticatedSize (1024)",
  });
  const client = await ground.raw(undefined, { clientId: "large" });
  client.publish("a", Buffer.alloc(100_000), 1);
  await client.allAcknowledged(1);
});

test("what is sent ahead of CONNACK is bounded, also by a client that is never decided on", async (t) => {
  const ground = await AccessGround.start(t, { limits: { unauthenticatedSize: 1_024 } });
  ground.gate.waits.set("anna", new Promise(() => undefined));
  const socket = dial(ground.port, "127.0.0.1");
  t.after(() => socket.destroy());
  const connect = generate({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    clientId: "flood",
    keepalive: 0,
    username: "anna",
    password: Buffer.from("anna!"),
  });
  socket.write(connect);
  await ground.attempts(1);
  socket.on("error", () => undefined);
  const more = Buffer.alloc(64 * 1024);
  // Until the kernel takes no more of it, or the broker has ended the connection.
  while (!socket.destroyed && socket.writableLength < 4 * 1024 * 1024) {
    socket.write(more);
    await nextTurn();
  }
  const { received } = ground.broker.bytes();
  assert.ok(received < 512 * 1024, `${received} bytes were read`);
});
