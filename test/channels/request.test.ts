import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bridge } from "../../src/bridge/bridge.js";
import { connect, type TestClient } from "../helpers/mqtt.js";
import { startBrokerBridge } from "./support/broker-bridge.js";

/*
 * Commands from the bridge to devices that are real MQTT clients of a real broker.
 */

const channels = [
  {
    channel: "device:{id}",
    topics: ["devices/{id}/telemetry"],
    publish: {
      topic: "devices/{id}/commands",
      qos: 1 as const,
      schema: { type: "object", properties: { relay: { type: "boolean" } }, required: ["relay"] },
    },
    request: {
      topic: "devices/{id}/requests/{requestId}",
      response: "devices/{id}/responses/{requestId}",
      timeout: "5s",
    },
  },
];

/** Answers each request with what `answer` makes of it. Gives what waits until the broker has all answers. */
async function serve(
  device: TestClient,
  id: string,
  answer: (payload: string) => string,
  qos: 0 | 1 | 2 = 1,
): Promise<() => Promise<unknown>> {
  const answers: Promise<void>[] = [];
  device.client.on("message", (topic, payload) => {
    const [, , kind, requestId] = topic.split("/");
    if (kind !== "requests") return;
    answers.push(device.publish(`devices/${id}/responses/${requestId}`, answer(payload.toString()), qos));
  });
  await device.subscribe(`devices/${id}/requests/+`, 1);
  return () => Promise.all(answers);
}

async function ask(bridge: Bridge, channel: string, data: unknown): Promise<unknown> {
  return JSON.parse((await bridge.request(channel, { data: JSON.stringify(data) })).data);
}

test("a device answers a request", async (t) => {
  const { bridge, mqttUrl } = await startBrokerBridge(t, channels);
  const device = await connect(t, mqttUrl, { clientId: "7" });
  const served = await serve(device, "7", (payload) => JSON.stringify({ done: JSON.parse(payload) }));
  assert.deepEqual(await ask(bridge, "device:7", { relay: true }), { done: { relay: true } });
  await served();
});

for (const qos of [0, 1, 2] as const)
  test(`many requests to several devices at once, answered at QoS ${qos}, each get their own answer`, async (t) => {
    const { bridge, broker, mqttUrl } = await startBrokerBridge(t, channels);
    const ids = ["1", "2", "3"];
    const served: (() => Promise<unknown>)[] = [];
    for (const id of ids) {
      const device = await connect(t, mqttUrl, { clientId: id });
      served.push(await serve(device, id, (payload) => `${id}:${payload}`, qos));
    }
    const before = broker.stats().subscriptions;
    const asked = ids.flatMap((id) => Array.from({ length: 100 }, (_, n) => [id, n] as const));
    const answers = await Promise.all(asked.map(([id, n]) => ask(bridge, `device:${id}`, n)));
    for (const all of served) await all();
    assert.deepEqual(
      answers,
      asked.map(([id, n]) => `${id}:${n}`),
    );
    assert.equal(broker.stats().subscriptions, before, "no subscription is left in the router");
    assert.equal(bridge.stats().requestsPending, 0);
  });

test("a device with a kept session that is away gets the command later; the client is told that it did not answer", async (t) => {
  const { bridge, broker, mqttUrl } = await startBrokerBridge(t, channels);
  const session = { clientId: "7", clean: false };
  const device = await connect(t, mqttUrl, session);
  await device.subscribe("devices/7/requests/+", 1);
  const before = broker.stats().subscriptions;
  await device.end();
  await assert.rejects(bridge.request("device:7", { data: "1" }, { timeout: 100 }), {
    code: 108,
    message: "not available: the device did not answer within 0.1s",
  });
  assert.equal(broker.stats().subscriptions, before);
  const back = await connect(t, mqttUrl, session);
  const [command] = await back.messages(1);
  assert.equal(command?.payload, "1");
  await back.publish(command?.topic.replace("requests", "responses") ?? "", "too late", 1);
  const { requestsTimedOut, requestsAnswered } = bridge.stats();
  assert.deepEqual([requestsTimedOut, requestsAnswered], [1, 0]);
});

test("a client that goes leaves nothing behind, and the answer that comes then harms nobody", async (t) => {
  const { bridge, broker, mqttUrl } = await startBrokerBridge(t, channels);
  const device = await connect(t, mqttUrl, { clientId: "7" });
  await device.subscribe("devices/7/requests/+", 1);
  const before = broker.stats().subscriptions;
  const session = new AbortController();
  const asked = bridge.request("device:7", { data: "1" }, { signal: session.signal });
  const [command] = await device.messages(1);
  session.abort();
  await assert.rejects(asked, { code: 108 });
  assert.equal(broker.stats().subscriptions, before);
  await device.publish(command?.topic.replace("requests", "responses") ?? "", "x", 1);
});

test("a publication reaches the device when it conforms to the schema, and only then", async (t) => {
  const { bridge, mqttUrl } = await startBrokerBridge(t, channels);
  const device = await connect(t, mqttUrl, { clientId: "7" });
  await device.subscribe("devices/7/commands", 1);
  await assert.rejects(bridge.publish("device:7", { data: '{"relay":"on"}' }), {
    code: 107,
    message: "bad request: /relay must be boolean",
  });
  await bridge.publish("device:7", { data: '{"relay":true}' });
  await device.messages(1);
  assert.deepEqual(device.payloads, ['{"relay":true}']);
  const { published, dataRefused } = bridge.stats();
  assert.deepEqual([published, dataRefused], [1, 1]);
});
