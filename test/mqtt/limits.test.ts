import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as open } from "node:net";
import { test } from "node:test";
import { connect } from "../helpers/mqtt.js";
import { startServer } from "../helpers/server.js";

test("a packet over mqtt.maxPacketSize closes its connection, before its body is collected", async (t) => {
  const server = await startServer(t, { config: { mqtt: { maxPacketSize: "10KiB" } } });
  const client = await connect(t, server.mqttUrl, { clientId: "too-large" });
  const closed = client.closed();
  client.publish("a", "x".repeat(20_000)).catch(() => undefined);
  await closed;
  const line = await server.logged(({ msg }) => msg === "client closed for an error");
  assert.equal(line.client, "too-large");
  assert.match(String(line.reason), /over mqtt\.maxPacketSize \(10240\)/);
});

test("connections over mqtt.maxConnections are refused, and the others stay", async (t) => {
  const server = await startServer(t, { config: { mqtt: { maxConnections: 2 } } });
  const [first] = [await connect(t, server.mqttUrl), await connect(t, server.mqttUrl)];
  await assert.rejects(connect(t, server.mqttUrl));
  await server.logged(({ msg }) => msg.startsWith("connection refused: mqtt.maxConnections"));
  await first.subscribe("a");
  await first.publish("a", "still here");
  await first.messages(1);
  await first.end();
  await connect(t, server.mqttUrl); // there is room again
});

test("a connection that sends no CONNECT is closed after mqtt.connectTimeout", async (t) => {
  const server = await startServer(t, { config: { mqtt: { connectTimeout: "200ms" } } });
  const socket = open(server.mqtt.port, server.mqtt.host);
  t.after(() => socket.destroy());
  socket.write(Buffer.from([0x10])); // the first byte of one, and no more
  await once(socket, "close");
  const line = await server.logged(({ msg }) => msg === "client closed for an error");
  assert.equal(line.reason, "connect did not arrive in time");
});

test("a session's queue is bounded: the oldest are dropped and counted", async (t) => {
  const server = await startServer(t, { config: { mqtt: { maxQueuedMessages: 10 } } });
  const kept = { clean: false, clientId: "away" } as const;
  const subscriber = await connect(t, server.mqttUrl, kept);
  await subscriber.subscribe("a", 1);
  await subscriber.end();
  const publisher = await connect(t, server.mqttUrl);
  for (let i = 0; i < 25; i++) await publisher.publish("a", `${i}`, 1);
  const back = await connect(t, server.mqttUrl, kept);
  await back.messages(10);
  assert.deepEqual(
    back.payloads,
    Array.from({ length: 10 }, (_, i) => `${i + 15}`),
  );
  const metrics = await (await fetch(`${server.httpUrl}/metrics`)).text();
  assert.match(metrics, /causeway_mqtt_messages_dropped_total\{reason="storedQueueFull"\} 15/);
  await server.logged(
    ({ msg, client, reason }) =>
      msg === "message dropped" && client === "away" && reason === "storedQueueFull",
  );
});

test("topics that begin with $ cannot be published to by clients, and # does not show them [MQTT-4.7.2-1]", async (t) => {
  const server = await startServer(t);
  const watcher = await connect(t, server.mqttUrl);
  await watcher.subscribe("#");
  const bad = await connect(t, server.mqttUrl, { clientId: "dollar" });
  const closed = bad.closed();
  bad.publish("$SYS/fake", "x").catch(() => undefined);
  await closed;
  await server.logged(
    ({ client, reason }) => client === "dollar" && /begin with \$ are reserved/.test(String(reason)),
  );
  await (await connect(t, server.mqttUrl)).publish("plain", "seen");
  await watcher.messages(1);
  assert.deepEqual(watcher.payloads, ["seen"]);
});

test("kept sessions over mqtt.maxSessions are refused with a return code; known ones and clean ones come in", async (t) => {
  const server = await startServer(t, { config: { mqtt: { maxSessions: 1 } } });
  const known = { clean: false, clientId: "known" } as const;
  await (await connect(t, server.mqttUrl, known)).end();
  await assert.rejects(connect(t, server.mqttUrl, { clean: false, clientId: "new" }), /Server unavailable/);
  await server.logged(
    ({ client, reason }) => client === "new" && /mqtt\.maxSessions \(1\) is reached/.test(String(reason)),
  );
  assert.equal((await connect(t, server.mqttUrl, known)).sessionPresent, true);
  await connect(t, server.mqttUrl);
});

test("what waits in memory for a client is bounded in bytes too", async (t) => {
  const server = await startServer(t, { config: { mqtt: { maxInflight: 1, maxQueuedSize: "40KiB" } } });
  const subscriber = await connect(t, server.mqttUrl);
  const unacknowledged: (() => void)[] = [];
  subscriber.client.handleMessage = (_packet, done) => void unacknowledged.push(() => done());
  await subscriber.subscribe("a", 1);
  const publisher = await connect(t, server.mqttUrl);
  // The first is in flight; of the others the last four fit.
  for (let i = 0; i < 12; i++) await publisher.publish("a", `${i}`.padEnd(10_000), 1);
  await server.logged(({ msg, reason }) => msg === "message dropped" && reason === "queueFull");
  await subscriber.messages(1);
  while (subscriber.received.length < 5) {
    unacknowledged.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(
    subscriber.payloads.map((payload) => Number(payload)),
    [0, 8, 9, 10, 11],
  );
});

test("subscriptions over mqtt.maxSubscriptions are refused in SUBACK, and the others work [MQTT-3.9.3-2]", async (t) => {
  const server = await startServer(t, { config: { mqtt: { maxSubscriptions: 2 } } });
  const client = await connect(t, server.mqttUrl, { clientId: "greedy" });
  await client.subscribe(["a", "b"], 1);
  await client.subscribe("a", 0); // one that it has may change
  await assert.rejects(client.subscribe("c", 1), /Unspecified error|128|Subscribe/i);
  await client.publish("c", "not subscribed", 1);
  await client.publish("b", "subscribed", 1);
  await client.messages(1);
  assert.deepEqual(client.payloads, ["subscribed"]);
  await server.logged(({ msg, client: id }) => msg.includes("mqtt.maxSubscriptions") && id === "greedy");
});
