import assert from "node:assert/strict";
import { test } from "node:test";
import { numbered, numberOf, RawMqtt } from "../helpers/raw.js";
import { startServer } from "../helpers/server.js";
import { ChannelReader } from "./support/channel.js";
import { FROZEN_CASES, freezeChannel, freezeMqtt, nameOf } from "./support/frozen.js";
import { Metrics } from "./support/metrics.js";
import { pace } from "./support/pace.js";

const SECONDS = 2;
const SIZE = 10_000;
const MOST_ROUNDS = 10;

for (const frozenCase of FROZEN_CASES)
  test(`a subscriber that stops reading, ${nameOf(frozenCase)}: the healthy one gets all, and the counts add up`, async (t) => {
    await freezeMqtt(t, frozenCase, SECONDS);
  });

test("a channel session that stops reading is closed with 3008, and the healthy one gets all", async (t) => {
  await freezeChannel(t, SECONDS);
});

test("where a rule says newest, one that stops reading is held to the newest values, and closed when it goes on for too long", async (t) => {
  const server = await startServer(t, {
    config: {
      gateway: { maxOutboxAge: "1s" },
      bridge: { channels: [{ channel: "newest", topics: ["flood/#"], whenSlow: "newest" }] },
    },
  });
  const frozen = await ChannelReader.subscribe(t, server, "newest");
  const healthy = await ChannelReader.subscribe(t, server, "newest");
  const publisher = await RawMqtt.connect(t, server);
  frozen.pause();
  const count = 3_000;
  await pace(
    count,
    1_500,
    (number) => publisher.publish(`flood/${number % 10}`, numbered(number, SIZE)),
    () => healthy.numbers.length,
  );
  const line = await server.logged(({ msg }) => msg === "session closed: slow");
  assert.deepEqual([line.cause, line.channels], ["age", ["newest"]]);
  await healthy.publications(count);
  assert.deepEqual(
    healthy.numbers,
    Array.from({ length: count }, (_, number) => number),
  );
  const metrics = await Metrics.until(
    server,
    (now) => now.get("session_held_topics") === 0,
    "nothing is held",
  );
  assert.equal(metrics.get('session_slow_closes_total{cause="age"}'), 1);
  assert.equal(metrics.get("slow_sessions"), 1);
  assert.ok(metrics.get("session_conflated_total") > 100);
  frozen.resume();
  assert.equal((await frozen.closed).code, 3008);
});

for (const carrier of ["tcp", "ws"] as const)
  test(`over ${carrier}, a client that reads nothing for mqtt.drainTimeout is closed, the log says who and why, and its kept session loses nothing`, async (t) => {
    const limits = { drainTimeout: "300ms", maxInflight: 5_000, maxOutboxSize: "1MiB" };
    const server = await startServer(t, { config: { mqtt: limits } });
    const clientId = `frozen over ${carrier}`;
    const frozen = await RawMqtt.connect(t, server, { carrier, clean: false, clientId });
    const healthy = await RawMqtt.connect(t, server, { carrier, answers: true });
    for (const client of [frozen, healthy]) await client.subscribe({ flood: 1 });
    const publisher = await RawMqtt.connect(t, server);
    frozen.pause();
    const count = 3_000;
    await pace(count, 3_000, (number) => publisher.publish("flood", numbered(number, SIZE), 1));
    const line = await server.logged(
      ({ msg, client }) => msg === "client disconnected" && client === clientId,
    );
    assert.equal(line.reason, "the client read nothing for 300 ms");
    assert.equal(line.transport, carrier);
    await healthy.until(() => healthy.received.length === count, "every message");
    await publisher.allAcknowledged(count);
    const metrics = await Metrics.until(server, (now) => now.get("mqtt_connections") === 2, "it is closed");
    assert.equal(metrics.get("mqtt_queued_messages"), count);
    assert.equal(metrics.dropped, 0);

    frozen.resume();
    await frozen.closed;
    const seen = frozen.received.length;
    assert.ok(seen < count, "it was closed before the end");
    const back = await RawMqtt.connect(t, server, { carrier, clean: false, clientId, answers: true });
    await back.until(() => back.received.length >= count, "what waited for it");
    const numbers = Array.from({ length: count }, (_, i) => i);
    assert.deepEqual(back.received.map(numberOf), numbers);
    assert.deepEqual(healthy.received.map(numberOf), numbers);
    // [MQTT-3.3.1-1]: all that it may have seen is marked, and from some message on nothing is.
    const marked = back.received.filter(({ dup }) => dup).length;
    assert.ok(marked >= seen, `${marked} are marked as sent before, ${seen} were seen`);
    assert.ok(back.received.slice(0, marked).every(({ dup }) => dup));
  });

test("a client that reads slowly but steadily is not closed by mqtt.drainTimeout", async (t) => {
  const limits = { drainTimeout: "1s", maxOutboxSize: "16MiB" };
  const server = await startServer(t, { config: { mqtt: limits } });
  const slow = await RawMqtt.connect(t, server, { collects: false });
  await slow.subscribe({ flood: 0 });
  const publisher = await RawMqtt.connect(t, server);
  // About 6 MB/s: a full outbox takes it longer than the timeout, the steps in which the kernel tells of progress do not.
  let received = 0;
  let pausing = false;
  slow.onPublish = () => {
    received++;
    if (pausing) return;
    pausing = true;
    slow.pause(); // after what was read with this
    setTimeout(() => {
      pausing = false;
      slow.resume();
    }, 10);
  };
  const round = 1_000;
  let count = 0;
  let dropped = 0;
  for (; dropped === 0 && count < MOST_ROUNDS * round && !slow.isClosed; count += round) {
    await pace(round, 7_000, (number) => publisher.publish("flood", numbered(count + number, SIZE)));
    await publisher.ping();
    dropped = (await Metrics.read(server)).dropped; // then its outbox is full
  }
  await slow.until(() => received + dropped >= count, "what waited for it");
  await slow.ping();
});

test("a clean session's subscriptions and queue go with a client that is closed for not reading", async (t) => {
  const limits = { drainTimeout: "300ms", maxOutboxSize: "1MiB" };
  const server = await startServer(t, { config: { mqtt: limits } });
  const frozen = await RawMqtt.connect(t, server, { clientId: "frozen" });
  const publisher = await RawMqtt.connect(t, server);
  const before = await Metrics.read(server);
  await frozen.subscribe({ flood: 0, "other/#": 1 });
  frozen.pause();
  await pace(1_500, 3_000, (number) => publisher.publish("flood", numbered(number, SIZE)));
  const line = await server.logged(({ msg, client }) => msg === "client disconnected" && client === "frozen");
  assert.match(String(line.reason), /read nothing for 300 ms/);
  await Metrics.until(
    server,
    (now) => now.get("mqtt_subscriptions") === before.get("mqtt_subscriptions"),
    "its subscriptions are gone",
  );
});
