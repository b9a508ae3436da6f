import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Centrifuge } from "centrifuge";
import { WebSocket } from "ws";
import { EVENT_TYPES } from "../../src/webhooks/events.js";
import { Metrics } from "../faults/support/metrics.js";
import { certificate } from "../helpers/certificate.js";
import { connect } from "../helpers/mqtt.js";
import { startServer } from "../helpers/server.js";
import { Receiver, SECRET, status } from "../unit/webhooks/receiver.js";

const webhook = ({ url }: Receiver, more: object = {}) => ({
  name: "alarms",
  url,
  secret: SECRET,
  events: ["message"],
  topics: ["alarms/#"],
  batch: { delay: "10ms" },
  retry: { min: "10ms", max: "100ms" },
  ...more,
});

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);

test("messages reach a receiver that was away while the server was killed and started again", async (t) => {
  const receiver = await Receiver.start(t);
  const config = { webhooks: [webhook(receiver)] };
  const server = await startServer(t, { config });
  const client = await connect(t, server.mqttUrl);
  for (const text of numbers(1, 10)) await client.publish("alarms/fire", `"${text}"`, 1);
  await client.publish("elsewhere", '"not told"', 1);
  await receiver.until(() => receiver.taken.length === 10);

  await receiver.close();
  for (const text of numbers(11, 50)) await client.publish("alarms/fire", `"${text}"`, 1);
  // Stored in a later group than what was told of before.
  await client.publish("kept", "x", 1, true);
  const metrics = await Metrics.until(
    server,
    (figures) => figures.get('webhook_failing{webhook="alarms"}') === 1,
    "the receiver is away",
  );
  assert.equal(metrics.get('webhook_queue{webhook="alarms"}'), 40);
  assert.equal(metrics.get('webhook_events_total{webhook="alarms"}'), 50);
  assert.equal(metrics.get('webhook_sent_total{webhook="alarms"}'), 10);
  await server.kill();

  const again = await startServer(t, { config, data: server.data });
  const other = await connect(t, again.mqttUrl);
  await other.publish("alarms/fire", '"51"', 0);
  await receiver.open();
  await receiver.until(() => receiver.taken.length >= 51);
  assert.deepEqual(receiver.texts, numbers(1, 51));
  await Metrics.until(
    again,
    (figures) => figures.get('webhook_queue{webhook="alarms"}') === 0,
    "all is taken",
  );
  assert.equal(await again.stop(), 0);
});

test("a receiver that hangs keeps neither messages back nor the server from stopping", async (t) => {
  const receiver = await Receiver.start(t);
  receiver.answer = () => undefined;
  const server = await startServer(t, { config: { webhooks: [webhook(receiver, { topics: ["#"] })] } });
  const [publisher, subscriber] = [await connect(t, server.mqttUrl), await connect(t, server.mqttUrl)];
  await subscriber.subscribe("#");
  for (const text of numbers(1, 200)) await publisher.publish("a", text, 1);
  await subscriber.messages(200);
  await receiver.until(() => receiver.requests.length === 1);
  assert.equal(await server.stop(), 0);
  // It had 200, and has not said that it took them.
  receiver.answer = status(200);
  const config = { webhooks: [webhook(receiver, { topics: ["#"] })] };
  await startServer(t, { config, data: server.data });
  await receiver.until(() => receiver.taken.length === 200);
  assert.deepEqual(receiver.texts.map(String), numbers(1, 200));
});

test("over HTTPS the receiver's certificate is checked", async (t) => {
  const directory = await certificate(t);
  const read = (name: string) => readFileSync(join(directory, name));
  const receiver = await Receiver.start(t, { cert: read("cert.pem"), key: read("key.pem") });
  const config = { webhooks: [webhook(receiver)] };
  const stranger = await startServer(t, { config });
  await (await connect(t, stranger.mqttUrl)).publish("alarms/fire", "1", 1);
  const line = await stranger.logged(({ msg }) => msg === "a webhook's receiver did not take a batch");
  assert.match(String(line.reason), /certificate/);
  await stranger.stop();
  assert.equal(receiver.requests.length, 0);

  const env = { NODE_EXTRA_CA_CERTS: join(directory, "ca.pem") };
  await startServer(t, { config, env, data: stranger.data });
  await receiver.until(() => receiver.taken.length === 1);
});

test("what happens in channels is told", async (t) => {
  const receiver = await Receiver.start(t);
  const events = EVENT_TYPES.filter((type) => type !== "message");
  const server = await startServer(t, {
    config: {
      webhooks: [webhook(receiver, { events, topics: [] })],
      bridge: { channels: [{ channel: "room", topics: ["room/#"], presence: true }] },
    },
  });
  const client = new Centrifuge(`ws://${server.addresses.http}/connection/websocket`, {
    websocket: WebSocket,
    name: "page",
    version: "7",
    data: { theme: "dark" },
  });
  const room = client.newSubscription("room");
  room.subscribe();
  client.connect();
  await room.ready();
  await receiver.until(() => receiver.taken.length === 3);
  client.disconnect();
  await receiver.until(() => receiver.taken.length === 6);
  assert.deepEqual(
    receiver.taken.map(({ type }) => type),
    [
      "client.connected",
      "channel.occupied",
      "member.joined",
      "member.left",
      "channel.vacated",
      "client.disconnected",
    ],
  );
  const { client: id, remote: _, ...about } = receiver.taken[0]?.data ?? {};
  assert.deepEqual(about, {
    user: "",
    transport: "websocket",
    name: "page",
    version: "7",
    data: { theme: "dark" },
  });
  assert.deepEqual(receiver.taken[2]?.data, { channel: "room", info: { user: "", client: id } });
  const { transport, user, code } = receiver.taken[5]?.data ?? {};
  assert.deepEqual({ transport, user, code }, { transport: "websocket", user: "", code: 1_005 });
});
