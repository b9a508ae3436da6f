import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { connect, type TestClient } from "../helpers/mqtt.js";
import { type Carrier, RawMqtt } from "../helpers/raw.js";
import { startServer } from "../helpers/server.js";

const CLIENT = "device";

async function setUp(t: TestContext) {
  const server = await startServer(t);
  const watcher = await connect(t, server.mqttUrl);
  await watcher.subscribe("#", 1);
  const publisher = await connect(t, server.mqttUrl);
  let fences = 0;
  return {
    server,
    watcher,
    /** A connection of the one client, which leaves this will. */
    join: (payload?: string, carrier: Carrier = "tcp") =>
      RawMqtt.connect(t, server, {
        clientId: CLIENT,
        carrier,
        ...(payload && { will: { topic: "gone", payload: Buffer.from(payload), qos: 1, retain: false } }),
      }),
    /** What has been published so far, once the server has dealt with all that is under way. */
    async wills(): Promise<string[]> {
      const fence = `fence ${++fences}`;
      await publisher.publish("fence", fence, 1);
      await until(watcher, (payloads) => payloads.includes(fence));
      return watcher.payloads.filter((payload) => !payload.startsWith("fence"));
    },
  };
}

async function until(watcher: TestClient, enough: (payloads: string[]) => boolean): Promise<void> {
  while (!enough(watcher.payloads)) await watcher.messages(watcher.received.length + 1);
}

for (const [from, to] of [
  ["tcp", "tcp"],
  ["tcp", "ws"],
  ["ws", "tcp"],
] as const)
  test(`a take-over from ${from} to ${to} publishes the will of the old connection, and the new one keeps its own`, async (t) => {
    const { join, wills, watcher } = await setUp(t);
    const first = await join("first", from);
    const second = await join("second", to);
    await first.closed;
    await watcher.messages(1);
    assert.deepEqual(await wills(), ["first"]);
    await second.cut();
    await until(watcher, (payloads) => payloads.includes("second"));
    assert.deepEqual(await wills(), ["first", "second"]);
  });

test("DISCONNECT after a take-over discards the will of its own connection only", async (t) => {
  const { join, wills, watcher } = await setUp(t);
  const first = await join("first");
  const second = await join("second");
  await first.closed;
  await second.end();
  await until(watcher, (payloads) => payloads.includes("first"));
  assert.deepEqual(await wills(), ["first"]);
  const third = await join("third");
  await third.cut();
  await until(watcher, (payloads) => payloads.includes("third"));
  assert.deepEqual(await wills(), ["first", "third"]);
});

test("DISCONNECT that meets a take-over does not touch the will of the new connection", async (t) => {
  const { join, wills, watcher } = await setUp(t);
  const first = await join("first");
  const [second] = await Promise.all([join("second"), first.end()]);
  await second.ping();
  // Whether the old one is published depends on which of the two is first.
  const early = await wills();
  assert.ok(early.length === 0 || String(early) === "first", String(early));
  await second.cut();
  await until(watcher, (payloads) => payloads.includes("second"));
  assert.deepEqual(await wills(), [...early, "second"]);
});

test("a connection without a will takes over from one with a will: that one is published, and nothing when it ends", async (t) => {
  const { join, wills, watcher } = await setUp(t);
  const first = await join("first");
  const second = await join();
  await first.closed;
  await watcher.messages(1);
  await second.cut();
  const third = await join("third");
  await third.end();
  assert.deepEqual(await wills(), ["first"]);
});

test("of a client that is taken over again and again, every will is published once, in order", async (t) => {
  const { join, wills, watcher } = await setUp(t);
  const names = Array.from({ length: 20 }, (_, i) => `will ${i}`);
  let last: RawMqtt | undefined;
  for (const [i, name] of names.entries()) last = await join(name, i % 3 === 0 ? "ws" : "tcp");
  await until(watcher, (payloads) => payloads.includes("will 18"));
  assert.deepEqual(await wills(), names.slice(0, -1));
  await last?.cut();
  await until(watcher, (payloads) => payloads.includes("will 19"));
  assert.deepEqual(await wills(), names);
});

test("of connections that race for one client identifier, every will is published once", async (t) => {
  const { join, wills, watcher } = await setUp(t);
  const names = Array.from({ length: 8 }, (_, i) => `will ${i}`);
  // Some are closed before their CONNACK.
  const results = await Promise.allSettled(names.map((name, i) => join(name, i % 2 === 0 ? "tcp" : "ws")));
  await watcher.messages(names.length - 1);
  assert.equal(new Set(await wills()).size, names.length - 1);
  for (const result of results) if (result.status === "fulfilled") await result.value.cut();
  await until(watcher, (payloads) => names.every((name) => payloads.includes(name)));
  assert.deepEqual((await wills()).sort(), names);
});
