import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { SessionDetails, Watcher } from "../../src/gateway/watcher.js";
import { connectClient, event } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { Gate } from "./support/gate.js";
import { answer, errorOf, heard, publications, pushes } from "./support/heard.js";
import { RawClient } from "./support/raw-client.js";
import { startServer, type TestServer } from "./support/server.js";
import { TestTokens } from "./support/test-tokens.js";

const device = {
  channel: "device:{id}",
  topics: ["devices/{id}/#"],
  snapshot: true,
  presence: true,
  history: { size: 10, ttl: 60_000 },
};

/** Who joined and left, and what was occupied, as the gateway tells it. */
class Watch implements Watcher {
  readonly members = new Map<string, number>();
  readonly occupied = new Set<string>();
  readonly sessions = new Set<string>();

  clientConnected = ({ client }: SessionDetails): void => void this.sessions.add(client);
  clientDisconnected = ({ client }: SessionDetails): void => void assert.ok(this.sessions.delete(client));
  channelOccupied = (channel: string): void => {
    assert.ok(!this.occupied.has(channel));
    this.occupied.add(channel);
  };
  channelVacated = (channel: string): void => void assert.ok(this.occupied.delete(channel));
  memberJoined = (channel: string): void =>
    void this.members.set(channel, (this.members.get(channel) ?? 0) + 1);
  memberLeft = (channel: string): void => {
    const left = (this.members.get(channel) ?? 0) - 1;
    if (left > 0) this.members.set(channel, left);
    else this.members.delete(channel);
  };
}

async function serve(t: TestContext, linger = 0) {
  const watcher = new Watch();
  const tokens = new TestTokens();
  const gateway = { maxChannels: 10_000, maxFrameSize: 1024 * 1024 };
  const server = await startServer(t, { channels: [device], bridge: { linger }, gateway, tokens, watcher });
  return { ...server, watcher, tokens };
}

/** Nothing is left of any session or subscription. */
async function isEmpty({ gateway, bridge, bus, watcher }: TestServer & { watcher: Watch }): Promise<void> {
  await eventually(() => gateway.stats().sessions === 0 && bridge.stats().channels === 0, "all is gone");
  const { channels, subscribers, historyPublications } = bridge.stats();
  assert.deepEqual(
    { channels, subscribers, historyPublications, subscriptions: gateway.stats().subscriptions },
    { channels: 0, subscribers: 0, historyPublications: 0, subscriptions: 0 },
  );
  assert.deepEqual([...watcher.members, ...watcher.occupied, ...watcher.sessions], []);
  assert.deepEqual(bus.filters, ["devices/+/#"], "what the family itself is fed by");
}

test("thousands of subscribes and unsubscribes leave nothing behind", async (t) => {
  const server = await serve(t);
  const client = await RawClient.connect(t, server.url);
  let id = 1;
  for (let round = 0; round < 20; round++) {
    const commands = Array.from({ length: 250 }, (_, i) => {
      const channel = i % 2 === 0 ? `device:${i % 10}` : `mqtt:made/up/${round * i}`;
      return [
        { id: ++id, subscribe: { channel, join_leave: true, ...(i % 3 === 0 ? { type: 1, phase: 2 } : {}) } },
        { id: ++id, unsubscribe: { channel } },
      ];
    });
    client.command(...commands.flat());
    await client.reply(id);
    client.replies.length = 0;
  }
  await eventually(() => server.bridge.stats().channels === 0, "the channels are closed");
  assert.equal(server.gateway.stats().subscriptions, 0);
  client.socket.close();
  await isEmpty(server);
});

test("clients that come and go in the middle of everything leave nothing behind", async (t) => {
  const server = await serve(t);
  server.bus.beforeRetained = () => new Promise((resolve) => setImmediate(resolve));
  server.tokens.before = () => new Promise((resolve) => setImmediate(resolve));
  for (let n = 0; n < 50; n++) server.bus.send(`devices/${n % 5}/${n}`, "1", { retain: true });
  const token = TestTokens.connection({ user: "ann", channels: ["device:1", "mqtt:slow/1", "mqtt:slow/2"] });
  const visits = Array.from({ length: 150 }, async (_, visit) => {
    const client = await RawClient.open(t, server.url);
    client.command({ id: 1, connect: visit % 3 === 0 ? {} : { token } });
    const type = visit % 2;
    for (let n = 0; n < 20; n++) {
      const channel = n % 2 === 0 ? `device:${n % 7}` : `mqtt:devices/${n}/#`;
      client.command({
        id: 10 * n + 10,
        subscribe: { channel, type, phase: 2 * type, limit: 3, join_leave: true },
      });
      if (n % 3 === 0) client.command({ id: 10 * n + 11, unsubscribe: { channel } });
    }
    for (let turns = visit % 25; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    if (visit % 4 === 0) client.socket.close();
    else client.socket.terminate();
    await client.closed;
  });
  for (let n = 0; n < 100; n++) {
    server.bus.send(`devices/${n % 7}/x`, String(n));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(visits);
  await eventually(() => server.bridge.stats().channels === 0, "the channels are closed");
  const { sessions, subscriptions } = server.gateway.stats();
  assert.deepEqual([sessions, subscriptions, server.bridge.stats().subscribers], [0, 0, 0]);
  assert.deepEqual([...server.watcher.members, ...server.watcher.occupied], []);
});

test("the reference client may change its mind as often as it likes", async (t) => {
  const server = await serve(t);
  server.bus.send("devices/1/a", "0");
  const client = await connectClient(t, server.url);
  const subscriptions = [
    client.newSubscription("device:1"),
    client.newMapSubscription("mqtt:devices/#"),
  ] as const;
  for (let n = 0; n < 300; n++) {
    for (const subscription of subscriptions) {
      subscription.subscribe();
      if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      subscription.unsubscribe();
    }
  }
  const settled = subscriptions.map((subscription) => event(subscription, "subscribed"));
  const value = event(subscriptions[0], "publication");
  for (const subscription of subscriptions) subscription.subscribe();
  await Promise.all([...settled, value]);
  assert.equal(server.gateway.stats().subscriptions, 2);
  const update = new Promise((resolve) => subscriptions[1].once("update", resolve));
  server.bus.send("devices/1/a", "1");
  await update;
  client.disconnect();
  await eventually(() => server.bridge.stats().subscribers === 0, "it is gone");
  assert.deepEqual([...server.watcher.members], []);
});

test("unsubscribed while its token is checked, a subscription does not begin", async (t) => {
  const server = await serve(t);
  const client = await RawClient.connect(t, server.url);
  const gate = new Gate();
  server.tokens.before = gate.pass;
  const channel = "device:1";
  const token = TestTokens.subscription({ channel });
  client.command({ id: 2, subscribe: { channel, token } });
  await gate.reached;
  client.command({ id: 3, unsubscribe: { channel } });
  assert.deepEqual([await errorOf(client, 2), await answer(client, 3)], [108, {}]);
  client.command({ id: 4, subscribe: { channel } });
  assert.equal((await answer(client, 4)).recoverable, true);
  gate.open();
  await new Promise((resolve) => setImmediate(resolve));
  server.bus.send("devices/1/a", "1");
  await heard(client, channel, 1);
  assert.equal(server.bridge.stats().subscribers, 1);
  assert.equal(client.replies.filter(({ id }) => id === 2).length, 1);
});

test("unsubscribed in the middle of a map's pages, every command has one answer", async (t) => {
  const server = await serve(t);
  for (let n = 0; n < 10; n++) server.bus.send(`devices/1/${n}`, "1");
  const client = await RawClient.connect(t, server.url);
  const step = { channel: "device:1", type: 1, phase: 2, limit: 4 };
  client.command({ id: 2, subscribe: step });
  await answer(client, 2);
  client.command(
    { id: 3, unsubscribe: { channel: "device:1" } },
    { id: 4, subscribe: { ...step, cursor: "1" } },
    { id: 5, subscribe: step },
    { id: 6, subscribe: { ...step, cursor: "1" } },
    { id: 7, subscribe: step },
    { id: 8, subscribe: { ...step, cursor: "1" } },
    { id: 9, subscribe: { ...step, cursor: "2" } },
  );
  const { recoverable } = await answer(client, 9);
  assert.equal(recoverable, true);
  assert.equal(await errorOf(client, 4), 112, "the rest of a subscription that is over");
  assert.deepEqual(
    client.replies.map(({ id }) => id),
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  server.bus.send("devices/1/new", "1");
  assert.deepEqual(
    (await heard(client, "device:1", 1)).map(({ key }) => key),
    ["devices/1/new"],
  );
  assert.equal(server.bridge.stats().subscribers, 1);
});

test("a map begun anew before its first page has come answers both commands", async (t) => {
  const server = await serve(t);
  const gate = new Gate();
  server.bus.beforeRetained = gate.pass;
  const client = await RawClient.connect(t, server.url);
  const step = { channel: "mqtt:slow", type: 1, phase: 2 };
  client.command({ id: 2, subscribe: step });
  await gate.reached;
  client.command({ id: 3, subscribe: step });
  assert.equal(await errorOf(client, 2), 108);
  gate.open();
  assert.equal((await answer(client, 3)).recoverable, true);
  assert.equal(server.bridge.stats().subscribers, 1);
});

test("a stream and a map cannot be had of one channel at once", async (t) => {
  const server = await serve(t);
  const client = await RawClient.connect(t, server.url);
  const map = { channel: "device:1", type: 1, phase: 2 };
  client.command(
    { id: 2, subscribe: { channel: "device:1" } },
    { id: 3, subscribe: map },
    { id: 4, unsubscribe: { channel: "device:1" } },
    { id: 5, subscribe: map },
    { id: 6, subscribe: { channel: "device:1" } },
    { id: 7, subscribe: map },
  );
  await client.reply(7);
  const codes = await Promise.all([3, 6, 7].map((id) => errorOf(client, id)));
  assert.deepEqual(codes, [105, 105, 105]);
  server.bus.send("devices/1/a", "1");
  await client.until(() => publications(client, "device:1")[0], "an update");
  assert.equal(pushes(client, "device:1").length, 1);
});

test("what is asked after an unsubscribe of a large snapshot is answered without waiting for it", async (t) => {
  const server = await serve(t);
  for (let n = 0; n < 3_000; n++) server.bus.send(`devices/1/${n}`, JSON.stringify("x".repeat(1_000)));
  const client = await RawClient.connect(t, server.url);
  client.command({ id: 2, subscribe: { channel: "device:1" } });
  client.command(
    { id: 3, unsubscribe: { channel: "device:1" } },
    { id: 4, subscribe: { channel: "mqtt:end" } },
  );
  await answer(client, 4);
  server.bus.send("end", "1");
  await heard(client, "mqtt:end", 1);
  assert.ok(publications(client, "device:1").length < 1_000);
});
