import assert from "node:assert/strict";
import { once } from "node:events";
import { after, type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { listSubscriptions } from "../../../src/http/api/client-subscriptions.js";
import { listClients } from "../../../src/http/api/clients.js";
import { disconnectClient } from "../../../src/http/api/disconnect-client.js";
import { connectClient, Listening } from "../../channels/support/client.js";
import { connect } from "../../helpers/mqtt.js";
import { startServer } from "../../helpers/server.js";
import { ApiClient } from "./support/api-client.js";

const server = await startServer({ after });
const api = new ApiClient(server.httpUrl);
const url = `${server.wsUrl}/connection/websocket`;

/** A session of the channel protocol, and its identifier. */
async function open(t: TestContext, ...channels: string[]) {
  const client = await connectClient(t, url);
  for (const channel of channels) await Listening.begin(client, channel);
  const { client: id } = await new Promise<{ client: string }>((resolve) => {
    client.once("connected", resolve);
    client.disconnect();
    client.connect();
  });
  await Promise.all(channels.map((channel) => client.getSubscription(channel)?.ready()));
  return { client, id };
}

test("sessions are listed beside MQTT clients, plain WebSockets too", async (t) => {
  const before = Date.now();
  await connect(t, server.mqttUrl, { clientId: "device" });
  const { id } = await open(t, "mqtt:a/#", "mqtt:b");
  const plain = new WebSocket(`${server.wsUrl}/v3/mqtt%3Aa`);
  t.after(() => plain.terminate());
  await once(plain, "open");
  const { clients } = await api.done(listClients);
  assert.deepEqual(
    clients.map(({ kind }) => kind),
    ["mqtt", "session", "session"],
  );
  const session = clients.find((client) => client.id === id);
  assert.ok(session);
  const { transport, remote, connectedAt, subscriptions, waitingBytes, user } = session;
  assert.deepEqual([transport, subscriptions, waitingBytes, user], ["websocket", 2, 0, undefined]);
  assert.match(remote, /^127\.0\.0\.1:\d+$/);
  assert.ok(connectedAt >= before && connectedAt <= Date.now());
  const subscribed = await api.done(listSubscriptions, { params: { id } });
  assert.deepEqual(subscribed.subscriptions, [{ channel: "mqtt:a/#" }, { channel: "mqtt:b" }]);
});

test("a session is disconnected with the code and the reason that are given, and logged", async (t) => {
  const { client, id } = await open(t);
  const gone = once(client as never, "disconnected");
  await api.done(disconnectClient, { params: { id }, query: { code: 4501, reason: "account closed" } });
  const [{ code, reason }] = await gone;
  assert.deepEqual([code, reason], [4501, "account closed"]);
  await server.logged(({ operation, client }) => operation === "disconnectClient" && client === id);
  await api.refused(disconnectClient, 404, /no client/, { params: { id } });
});

test("without a code it is told to stay away, with one that says so it comes back", async (t) => {
  const first = await open(t);
  const gone = once(first.client as never, "disconnected");
  await api.done(disconnectClient, { params: { id: first.id } });
  assert.equal((await gone)[0].code, 3503);
  const second = await open(t);
  const back = once(second.client as never, "connected");
  await api.done(disconnectClient, { params: { id: second.id }, query: { code: 3000 } });
  const [{ client: id }] = await back;
  assert.notEqual(id, second.id);
});

test("an MQTT client that takes a session's identifier does not get in the way", async (t) => {
  const { client, id } = await open(t);
  await connect(t, server.mqttUrl, { clientId: id });
  await api.refused(disconnectClient, 409, /add kind=mqtt or kind=session/, { params: { id } });
  const gone = once(client as never, "disconnected");
  await api.done(disconnectClient, { params: { id }, query: { kind: "session" } });
  await gone;
  const { clients } = await api.done(listClients);
  assert.ok(clients.some((left) => left.kind === "mqtt" && left.id === id));
});
