import assert from "node:assert/strict";
import { test } from "node:test";
import mqttPacket, { type Packet, type QoS } from "mqtt-packet";
import { numbered, numberOf, RawMqtt } from "../helpers/raw.js";
import { startServer } from "../helpers/server.js";
import { FLOODS, floodDeaf } from "./support/deaf.js";
import { flood } from "./support/flood.js";
import { Metrics } from "./support/metrics.js";
import { PoliteClients } from "./support/polite.js";
import { memoryOf } from "./support/process.js";

const MIB = 1024 ** 2;
const SPARE = 200 * MIB;

test("a flood of QoS 0 takes nothing from the polite, and every message of it is accounted for", async (t) => {
  const { sent, dropped, polite } = await flood(t, 3);
  const latency = `p99 ${polite.percentile(0.99).toFixed(1)} ms`;
  t.diagnostic(`${sent} sent, ${dropped} dropped for the slow one; the polite: ${latency}`);
});

test("a burst of retained QoS 1 messages into a kept session meets back-pressure, and all are acknowledged in order [MQTT-4.6.0-2]", async (t) => {
  const server = await startServer(t, { config: { mqtt: { maxQueuedMessages: 100_000 } } });
  const away = await RawMqtt.connect(t, server, { clean: false, clientId: "away" });
  await away.subscribe({ "burst/#": 1 });
  await away.end();
  const polite = await PoliteClients.start(t, server, 5);
  const publisher = await RawMqtt.connect(t, server, { clientId: "burst" });
  const before = (await memoryOf(server)).now;
  const [count, size, topics] = [15_000, 4_000, 500];
  const burst = Array.from({ length: count }, (_, i) =>
    publishPacket(`burst/${i % topics}`, numbered(i, size), 1, i + 1),
  );
  publisher.sendBytes(Buffer.concat(burst));
  await publisher.allAcknowledged(1);
  assert.ok(publisher.unsent > 0, "the server does not read far ahead of what it has stored");
  await publisher.allAcknowledged(count);
  const expected = Array.from({ length: count }, (_, i) => i + 1);
  assert.deepEqual(publisher.acknowledged, expected);
  await polite.finish();

  const metrics = await Metrics.read(server);
  assert.equal(metrics.get("mqtt_queued_messages"), count);
  assert.equal(metrics.dropped, 0);
  const { most } = await memoryOf(server);
  assert.ok(most <= before + SPARE, `${Math.round((most - before) / MIB)} MiB more than before`);

  const back = await RawMqtt.connect(t, server, { clean: false, clientId: "away", answers: true });
  await back.until(() => back.received.length >= count, "what waited");
  assert.deepEqual(
    back.received.map(numberOf),
    Array.from({ length: count }, (_, i) => i),
  );
  const late = await RawMqtt.connect(t, server, { answers: true });
  await late.subscribe({ "burst/+": 1 });
  await late.until(() => late.received.length >= topics, "the retained messages");
  const retained = late.received.map(numberOf).toSorted((a, b) => a - b);
  assert.deepEqual(
    retained,
    Array.from({ length: topics }, (_, i) => count - topics + i),
  );
});

for (const clean of [true, false])
  test(`a burst of QoS 2 messages, none of them released yet, is taken by a ${clean ? "clean" : "kept"} session, and each is published once [MQTT-4.3.3-2]`, async (t) => {
    const server = await startServer(t);
    const watcher = await RawMqtt.connect(t, server, { answers: true });
    await watcher.subscribe({ burst: 2 });
    const publisher = await RawMqtt.connect(t, server, { clean });
    const count = 3_000; // identifiers allow 65,535 [MQTT-2.3.1-1]
    for (let i = 0; i < count; i++) publisher.publish("burst", `${i}`, 2);
    await publisher.allAcknowledged(count);
    await watcher.until(() => watcher.received.length >= count, "every message");
    await watcher.ping();
    assert.deepEqual(
      watcher.received.map(numberOf),
      Array.from({ length: count }, (_, i) => i),
    );
  });

for (const kind of Object.keys(FLOODS))
  test(`a client that sends ${kind} at full speed and never reads is closed for it, and nobody else notices`, async (t) => {
    await floodDeaf(t, { flood: kind, filled: true, batch: 5_000, writes: 1_000, milliseconds: 15_000 });
  });

function publishPacket(topic: string, payload: Buffer, qos: QoS, messageId: number): Buffer {
  const packet: Packet = { cmd: "publish", topic, payload, qos, messageId, retain: qos === 1, dup: false };
  return mqttPacket.generate(packet);
}
