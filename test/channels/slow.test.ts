import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Random } from "../model/random.js";
import { connectClient, Listening } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { MapOf } from "./support/map-of.js";
import { RawClient } from "./support/raw-client.js";
import { startServer, type TestServer } from "./support/server.js";

/** In ms: nobody is closed for it, however busy the machine is. */
const FOR_EVER = 3_600_000;
/** Who is frozen answers no ping either, and would be gone before the bounds are reached. */
const noPings = { pingInterval: 0 };
const TEXT = "x".repeat(10_000);
const payload = (n: number): string => JSON.stringify({ n, text: TEXT });
const newest = { channel: "newest", topics: ["n/#"], whenSlow: "newest" as const };

/** A session that stops reading after it has subscribed. */
async function freeze(t: TestContext, url: string, channel: string): Promise<RawClient> {
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel } });
  await client.reply(2);
  client.socket.pause();
  return client;
}

function numbersOf({ publications }: Listening): number[] {
  return publications.map(({ data }) => data.n);
}

/** Publishes until `isEnough`, and sees to it that the healthy ones get all of it. */
async function flood(
  { bus }: TestServer,
  healthy: readonly Listening[],
  topicOf: (n: number) => string,
  isEnough: () => boolean,
): Promise<number> {
  let sent = 0;
  for (; !isEnough(); sent++) {
    assert.ok(sent < 5_000, "in vain");
    bus.send(topicOf(sent), payload(sent));
    await Promise.all(healthy.map((listening) => listening.received(sent + 1)));
  }
  return sent;
}

test("a session for which something waits too long is closed with 3008, the others get everything", async (t) => {
  const server = await startServer(t, {
    gateway: { ...noPings, maxOutboxAge: 200, maxOutboxSize: 64 * 1024 ** 2 },
  });
  const { url, gateway, log } = server;
  const frozen = await freeze(t, url, "mqtt:flood");
  const healthy = await Promise.all(
    [1, 2].map(async () => Listening.begin(await connectClient(t, url), "mqtt:flood")),
  );
  await flood(
    server,
    healthy,
    () => "flood",
    () => gateway.stats().disconnects.slow !== undefined,
  );
  assert.deepEqual(gateway.stats().slowCloses, { bytes: 0, age: 1 });
  const [slow, ...others] = gateway.slowSessions();
  assert.deepEqual(others, []);
  assert.deepEqual(slow?.counts, { age: 1 });
  assert.ok((slow?.waitingBytes ?? 0) > 10_000 && (slow?.age ?? 0) >= 200, JSON.stringify(slow));
  const line = log.find(({ msg }) => msg === "session closed: slow");
  assert.deepEqual(
    [line?.session, line?.remote, line?.user, line?.channels, line?.cause, line?.code],
    [slow?.session, slow?.remote, "", ["mqtt:flood"], "age", 3008],
  );
  frozen.socket.resume();
  assert.deepEqual(await frozen.closed, { code: 3008, reason: "slow" });
});

test("a session with more bytes than may wait is closed with 3008, and listed", async (t) => {
  const server = await startServer(t, { gateway: { ...noPings, maxOutboxSize: 100_000 } });
  const { url, gateway } = server;
  await freeze(t, url, "mqtt:flood");
  const healthy = await Listening.begin(await connectClient(t, url), "mqtt:flood");
  await flood(
    server,
    [healthy],
    () => "flood",
    () => gateway.stats().disconnects.slow !== undefined,
  );
  assert.deepEqual(gateway.stats().slowCloses, { bytes: 1, age: 0 });
  assert.deepEqual(gateway.slowSessions()[0]?.counts, { bytes: 1 });
});

test("where the newest value is enough, a client that stops reading misses only what has been replaced", async (t) => {
  const server = await startServer(t, {
    channels: [newest],
    gateway: { ...noPings, maxOutboxSize: 400_000, maxOutboxAge: FOR_EVER },
  });
  const { url, gateway, log } = server;
  const frozen = await freeze(t, url, "newest");
  const healthy = await Listening.begin(await connectClient(t, url), "newest");
  const sent = await flood(
    server,
    [healthy],
    (n) => `n/${n % 5}`,
    () => gateway.stats().conflated >= 500,
  );
  assert.deepEqual(
    numbersOf(healthy),
    Array.from({ length: sent }, (_, n) => n),
  );
  assert.equal(gateway.stats().heldTopics, 5);
  assert.ok(gateway.stats().heldBytes < 60_000);
  assert.deepEqual(gateway.stats().slowCloses, { bytes: 0, age: 0 });
  const [slow] = gateway.slowSessions();
  assert.ok((slow?.counts.congested ?? 0) >= 1 && (slow?.waitingBytes ?? 0) < 400_000, JSON.stringify(slow));
  const line = log.find(({ msg }) => String(msg).startsWith("session reads too slowly"));
  assert.deepEqual([line?.session, line?.channels], [slow?.session, ["newest"]]);

  frozen.socket.resume();
  const told = (): { topic: string; n: number }[] =>
    frozen.replies.flatMap(({ push }) => {
      const pub = (push as { pub: { data: { n: number }; tags: { topic: string } } } | undefined)?.pub;
      return pub ? [{ topic: pub.tags.topic, n: pub.data.n }] : [];
    });
  await frozen.until(() => told().some(({ n }) => n === sent - 1) || undefined, "the newest of all");
  const last = new Map(told().map(({ topic, n }) => [topic, n]));
  assert.deepEqual(
    [...last.values()].sort((a, b) => a - b),
    [5, 4, 3, 2, 1].map((n) => sent - n),
    "the newest of each topic came",
  );
  const numbers = told().map(({ n }) => n);
  assert.ok(numbers.length <= sent - 500, "what had been replaced did not");
  for (const topic of last.keys()) {
    const ofTopic = told().flatMap((one) => (one.topic === topic ? [one.n] : []));
    assert.deepEqual(
      ofTopic,
      [...ofTopic].sort((a, b) => a - b),
    );
  }
  assert.equal(gateway.stats().heldTopics, 0);
});

test("such a stream is never positioned, since nobody could tell what it missed", async (t) => {
  const { url } = await startServer(t, {
    channels: [{ ...newest, history: { size: 10, ttl: 60_000 } }],
  });
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel: "newest", recover: true, epoch: "x", offset: 1 } });
  assert.deepEqual(await client.reply(2), { id: 2, subscribe: { was_recovering: true, recovered: false } });
});

test("one that never reads again is closed for its age, whatever its rule says", async (t) => {
  const server = await startServer(t, {
    channels: [newest],
    gateway: { ...noPings, maxOutboxSize: 400_000, maxOutboxAge: 200 },
  });
  const { url, gateway } = server;
  await freeze(t, url, "newest");
  const healthy = await Listening.begin(await connectClient(t, url), "newest");
  await flood(
    server,
    [healthy],
    (n) => `n/${n}`,
    () => gateway.stats().slowCloses.age === 1,
  );
  assert.deepEqual([gateway.stats().heldTopics, gateway.stats().heldBytes], [0, 0]);
});

test("a client whose pong stands behind what it has yet to read is not taken for dead", async (t) => {
  const { url, bus, gateway } = await startServer(t, {
    gateway: { pingInterval: 300, pongTimeout: 100, maxOutboxAge: FOR_EVER, maxOutboxSize: 64 * 1024 ** 2 },
  });
  const client = await freeze(t, url, "mqtt:flood");
  client.socket.on("message", () => client.socket.send("{}"));
  // More than the kernel takes of it.
  for (let n = 0; n < 3_000; n++) bus.send("flood", payload(n));
  await eventually(() => gateway.stats().messagesSent > 100, "the flood is on its way");
  const { messagesSent } = gateway.stats();
  await eventually(() => gateway.stats().messagesSent >= messagesSent + 3, "it was pinged again and again");
  client.socket.resume();
  await client.pushed(3_000);
  assert.deepEqual(gateway.stats().disconnects, {});
});

test("a map whose client reads too slowly is true once it has caught up", async (t) => {
  const server = await startServer(t, {
    channels: [{ ...newest, snapshot: true }],
    gateway: { ...noPings, maxOutboxSize: 400_000, maxOutboxAge: FOR_EVER },
  });
  const { url, bus, gateway } = server;
  const client = await connectClient(t, url);
  const map = await new MapOf(client, "newest", { delta: "fossil" }).begin();
  const socket = (client as unknown as { _transport: { _transport: { pause(): void; resume(): void } } })
    ._transport._transport;
  socket.pause();
  let sent = 0;
  for (; gateway.stats().conflated < 300; sent++) {
    assert.ok(sent < 5_000, "in vain");
    bus.send(`n/${sent % 20}`, JSON.stringify({ n: sent, text: randomText(sent) }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  bus.send("n/3", "", { retain: true });
  socket.resume();
  const numbers = (): number[] =>
    map.sorted.map(([, data]) => (data as { n: number }).n).sort((a, b) => a - b);
  const expected = Array.from({ length: 20 }, (_, n) => sent - 20 + n).filter((n) => n % 20 !== 3);
  await eventually(() => numbers().join() === expected.join(), "it has caught up");
  assert.equal(gateway.stats().heldTopics, 0);
  assert.deepEqual([map.syncs, gateway.stats().slowCloses], [1, { bytes: 0, age: 0 }]);
});

/** Of which a delta makes nothing shorter. */
function randomText(seed: number): string {
  const random = new Random(seed);
  return Array.from({ length: 10_000 }, () => String.fromCharCode(random.between(48, 122))).join("");
}

test("memory stays bounded with one in ten frozen, and the healthy ones get everything in order", async (t) => {
  const server = await startServer(t, {
    channels: [newest],
    gateway: {
      ...noPings,
      maxOutboxSize: 200_000,
      maxOutboxAge: FOR_EVER,
      maxHeldTopics: 50,
      maxHeldSize: 100_000,
    },
  });
  const { url, gateway } = server;
  const frozen = await Promise.all([
    freeze(t, url, "newest"),
    freeze(t, url, "newest"),
    freeze(t, url, "mqtt:n/#"),
  ]);
  const healthy = await Promise.all(
    Array.from({ length: 20 }, async () => Listening.begin(await connectClient(t, url), "newest")),
  );
  const sent = await flood(
    server,
    healthy,
    (n) => `n/${n % 100}`,
    () => gateway.stats().heldDropped > 300 && gateway.stats().slowCloses.bytes === 1,
  );
  const { heldTopics, heldBytes, slowCloses } = gateway.stats();
  assert.ok(heldBytes <= 2 * 100_000 && heldTopics <= 2 * 50, `${heldBytes} bytes of ${heldTopics} topics`);
  assert.deepEqual(slowCloses, { bytes: 1, age: 0 });
  for (const one of healthy)
    assert.deepEqual(
      numbersOf(one),
      Array.from({ length: sent }, (_, n) => n),
    );
  for (const { waitingBytes } of gateway.slowSessions()) assert.ok(waitingBytes <= 4 * 200_000);
  for (const client of frozen) client.socket.terminate();
  await eventually(() => gateway.stats().heldTopics === 0, "nothing is held for those who left");
  assert.equal(gateway.stats().heldBytes, 0);
});
