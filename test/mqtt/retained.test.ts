import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../helpers/mqtt.js";
import { startServer } from "../helpers/server.js";

test("a retained message comes on subscribe, survives a kill, and an empty one removes it", async (t) => {
  const first = await startServer(t);
  const publisher = await connect(t, first.mqttUrl);
  for (const [topic, qos] of [
    ["r/one", 1],
    ["r/two", 2],
    ["r/three/deep", 1],
    ["other", 1],
  ] as const)
    await publisher.publish(topic, `value of ${topic}`, qos, true);
  await publisher.publish("r/two", "", 1, true);
  await first.kill();

  const second = await startServer(t, { data: first.data });
  const exact = await connect(t, second.mqttUrl);
  await exact.subscribe("r/one", 1);
  const [one] = await exact.messages(1);
  assert.deepEqual(one, { topic: "r/one", payload: "value of r/one", qos: 1, retain: true, dup: false });

  const wildcard = await connect(t, second.mqttUrl);
  await wildcard.subscribe("r/#", 0);
  await wildcard.messages(2);
  assert.deepEqual(
    wildcard.received.map(({ topic, qos, retain }) => [topic, qos, retain]),
    [
      ["r/one", 0, true],
      ["r/three/deep", 0, true],
    ],
  );
  // To those who are subscribed already it comes as any other message [MQTT-3.3.1-9].
  await (await connect(t, second.mqttUrl)).publish("r/one", "live", 0, true);
  await wildcard.messages(3);
  assert.equal(wildcard.received[2]?.retain, false);
});

test("a large retained set reaches a slow subscriber whole", async (t) => {
  const server = await startServer(t, { config: { mqtt: { maxInflight: 5, maxQueuedMessages: 10 } } });
  const publisher = await connect(t, server.mqttUrl);
  const count = 500;
  await Promise.all(Array.from({ length: count }, (_, i) => publisher.publish(`many/${i}`, `${i}`, 1, true)));
  for (const options of [{}, { clean: false, clientId: "kept" }]) {
    const subscriber = await connect(t, server.mqttUrl, options);
    await subscriber.subscribe("many/+", 1);
    await subscriber.messages(count);
    assert.equal(new Set(subscriber.payloads).size, count);
  }
});

test("a flood of retained messages at QoS 0 is stored whole", async (t) => {
  const server = await startServer(t);
  const publisher = await connect(t, server.mqttUrl);
  const count = 30_000;
  for (let i = 0; i < count; i++) publisher.client.publish(`flood/${i}`, `${i}`, { qos: 0, retain: true });
  await publisher.publish("flood/done", "x", 1, true); // stored after them
  const subscriber = await connect(t, server.mqttUrl);
  await subscriber.subscribe("flood/#", 0);
  await subscriber.messages(count + 1);
  assert.equal(new Set(subscriber.received.map(({ topic }) => topic)).size, count + 1);
});
