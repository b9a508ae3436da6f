import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Metrics } from "../faults/support/metrics.js";
import { poll } from "../faults/support/poll.js";
import { connect } from "../helpers/mqtt.js";
import { RawMqtt } from "../helpers/raw.js";
import { type RunningServer, startServer } from "../helpers/server.js";

const EXPIRED_SESSIONS = "mqtt_sessions_expired_total";
const EXPIRED_MESSAGES = 'mqtt_messages_dropped_total{reason="expired"}';
const QUEUED = { clean: false, clientId: "away" } as const;

/** A kept session subscribed to `queue/#`, whose client is gone. */
async function leave(
  t: TestContext,
  server: RunningServer,
  clientId: string = QUEUED.clientId,
): Promise<void> {
  const client = await connect(t, server.mqttUrl, { clean: false, clientId });
  await client.subscribe("queue/#", 2);
  await client.end();
}

function untilExpired(server: RunningServer, count: number): Promise<Metrics> {
  return Metrics.until(
    server,
    (metrics) => metrics.get(EXPIRED_SESSIONS) >= count,
    `${count} sessions have expired`,
  );
}

test("a kept session whose client stays away is gone after sessions.expiry, with its queue and subscriptions", async (t) => {
  const server = await startServer(t, { config: { sessions: { expiry: "1s" } } });
  const subscriptions = (await Metrics.read(server)).get("mqtt_subscriptions");
  await leave(t, server);
  const publisher = await connect(t, server.mqttUrl);
  await publisher.publish("queue/a", "stale", 1);
  const metrics = await untilExpired(server, 1);
  assert.deepEqual(
    ["mqtt_kept_sessions", "mqtt_subscriptions", "mqtt_queued_messages"].map((name) => metrics.get(name)),
    [0, subscriptions, 0],
  );
  const back = await connect(t, server.mqttUrl, QUEUED);
  assert.equal(back.sessionPresent, false);
  await publisher.publish("queue/a", "to nobody", 1);
  await back.subscribe("other", 1);
  await publisher.publish("other", "fresh", 1);
  await back.messages(1);
  assert.deepEqual(back.payloads, ["fresh"]);
});

test("a session that is connected, or whose client is back in time, does not expire", async (t) => {
  const server = await startServer(t, { config: { sessions: { expiry: "1s" } } });
  const staying = await connect(t, server.mqttUrl, { clean: false, clientId: "staying" });
  await staying.subscribe("queue/a", 1);
  await leave(t, server, "returns");
  const returned = await connect(t, server.mqttUrl, { clean: false, clientId: "returns" });
  assert.equal(returned.sessionPresent, true);
  // What leaves later has expired: the time of the others would be over, too.
  await leave(t, server, "leaves");
  await untilExpired(server, 1);
  const publisher = await connect(t, server.mqttUrl);
  await publisher.publish("queue/a", "live", 1);
  for (const client of [staying, returned]) {
    await client.messages(1);
    await client.end();
    const again = await connect(t, server.mqttUrl, {
      clean: false,
      clientId: client.client.options.clientId ?? "",
    });
    assert.equal(again.sessionPresent, true);
  }
  assert.equal((await Metrics.read(server)).get(EXPIRED_SESSIONS), 1);
});

for (const how of ["stop", "kill"] as const)
  test(`sessions expire also over a ${how} of the broker, those that were connected then included`, async (t) => {
    const first = await startServer(t, { config: { sessions: { expiry: "1h" } } });
    await leave(t, first, "left");
    const connected = await connect(t, first.mqttUrl, { clean: false, clientId: "connected" });
    await connected.subscribe("queue/#", 1);
    await first[how]();
    const second = await startServer(t, { data: first.data, config: { sessions: { expiry: "1h" } } });
    for (const clientId of ["left", "connected"]) {
      const client = await connect(t, second.mqttUrl, { clean: false, clientId });
      assert.equal(client.sessionPresent, true, `${clientId} is there in time`);
      await client.end();
    }
    await second[how]();
    const third = await startServer(t, { data: first.data, config: { sessions: { expiry: "1s" } } });
    const metrics = await untilExpired(third, 2);
    assert.equal(metrics.get("mqtt_kept_sessions"), 0);
    const back = await connect(t, third.mqttUrl, { clean: false, clientId: "left" });
    assert.equal(back.sessionPresent, false);
  });

test("messages that wait longer than messages.expiry are not delivered and are counted; retained ones disappear", async (t) => {
  const server = await startServer(t, { config: { messages: { expiry: "2s" } } });
  await leave(t, server);
  const publisher = await connect(t, server.mqttUrl);
  for (const qos of [1, 2, 1, 2] as const) await publisher.publish("queue/a", "stale", qos);
  await publisher.publish("retained/a", "stale", 1, true);
  assert.deepEqual(await retained(t, server), ["stale"]);
  await poll(
    async () => (await retained(t, server)).length === 0,
    () => "the retained message was gone",
  );
  await publisher.publish("queue/a", "fresh", 1);
  await publisher.publish("retained/a", "fresh", 1, true);
  const back = await connect(t, server.mqttUrl, QUEUED);
  assert.equal(back.sessionPresent, true);
  await back.messages(1);
  assert.deepEqual(back.payloads, ["fresh"]);
  assert.deepEqual(await retained(t, server), ["fresh"]);
  await Metrics.until(server, (metrics) => metrics.get(EXPIRED_MESSAGES) === 4, "4 messages have expired");
});

/** What a new subscriber gets of `retained/#`: all that was there when a last one was put behind it. */
async function retained(t: TestContext, server: RunningServer): Promise<string[]> {
  const reader = await connect(t, server.mqttUrl);
  await reader.publish("retained/z", "end", 1, true);
  await reader.subscribe("retained/#");
  await poll(
    async () => reader.payloads.includes("end"),
    () => "the last retained message came",
  );
  await reader.end();
  return reader.payloads.filter((payload) => payload !== "end");
}

interface Bound {
  readonly name: string;
  readonly mqtt: object;
  readonly size: number;
  readonly sent: number;
  /** How many of what waits are kept. */
  readonly kept: number;
}

const BOUNDS: readonly Bound[] = [
  { name: "mqtt.maxQueuedMessages", mqtt: { maxQueuedMessages: 5 }, size: 10, sent: 8, kept: 5 },
  { name: "maxQueuedSize", mqtt: { maxQueuedSize: "1KiB" }, size: 400, sent: 6, kept: 2 },
];

for (const whenFull of ["drop-oldest", "refuse-newest"] as const)
  for (const { name, mqtt, size, sent, kept } of BOUNDS) {
    const config = { sessions: { whenFull, maxQueuedSize: "1KiB" }, mqtt: { ...mqtt, maxInflight: 2 } };
    const fill = async (t: TestContext, server: RunningServer) => {
      const publisher = await connect(t, server.mqttUrl);
      for (let i = 0; i < sent; i++) await publisher.publish("queue/a", String(i).padEnd(size), 1);
    };
    const all = Array.from({ length: sent }, (_, i) => i);
    const expected = whenFull === "drop-oldest" ? all.slice(-kept) : all.slice(0, kept);
    const dropped = (server: RunningServer, reason: string) =>
      Metrics.until(
        server,
        (metrics) => metrics.get(`mqtt_messages_dropped_total{reason="${reason}"}`) === sent - kept,
        `${sent - kept} messages were dropped`,
      );

    test(`${whenFull} at ${name}: the queue of a client that is away`, async (t) => {
      const server = await startServer(t, { config });
      await leave(t, server);
      await fill(t, server);
      await dropped(server, "storedQueueFull");
      await server.logged(
        ({ msg, client, reason }) =>
          msg === "message dropped" && client === QUEUED.clientId && reason === "storedQueueFull",
      );
      const back = await connect(t, server.mqttUrl, QUEUED);
      await back.messages(kept);
      assert.deepEqual(back.payloads.map(Number), expected);
    });

    test(`${whenFull} at ${name}: the queue of a clean session whose window is full`, async (t) => {
      const server = await startServer(t, { config });
      const slow = await RawMqtt.connect(t, server, { clientId: "slow" });
      await slow.subscribe({ "queue/#": 1, window: 1 });
      slow.publish("window", "a", 1);
      slow.publish("window", "b", 1);
      await slow.until(() => slow.received.length === 2, "the window");
      await fill(t, server);
      await dropped(server, "queueFull");
      await server.logged(
        ({ msg, client, reason }) => msg === "message dropped" && client === "slow" && reason === "queueFull",
      );
      slow.answers = true;
      for (const { id } of slow.received) slow.puback(id);
      await slow.until(() => slow.received.length >= kept + 2, `${kept} messages`);
      assert.deepEqual(
        slow.received.slice(2).map(({ text }) => Number(text)),
        expected,
      );
    });
  }
