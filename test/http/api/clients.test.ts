import assert from "node:assert/strict";
import { after, test } from "node:test";
import { listSubscriptions } from "../../../src/http/api/client-subscriptions.js";
import { listClients } from "../../../src/http/api/clients.js";
import { disconnectClient } from "../../../src/http/api/disconnect-client.js";
import { listSlowClients } from "../../../src/http/api/slow-clients.js";
import { connect } from "../../helpers/mqtt.js";
import { startServer } from "../../helpers/server.js";
import { ApiClient } from "./support/api-client.js";

const server = await startServer({ after }, { config: { mqtt: { maxOutboxSize: "16KiB" } } });
const api = new ApiClient(server.httpUrl);
const mqtt = { kind: "mqtt" } as const;

test("clients are listed in order with how they came, since when and what waits, page by page", async (t) => {
  const before = Date.now();
  const ids = ["b", "a", "c/ü", "session:x"];
  for (const clientId of ids) {
    const url = clientId === "a" ? `${server.wsUrl}/mqtt` : server.mqttUrl;
    const client = await connect(t, url, { clientId });
    if (clientId === "b") await client.subscribe(["x/#", "y"]);
  }
  const { clients } = await api.done(listClients, { query: mqtt });
  assert.deepEqual(
    clients.map(({ id, transport, subscriptions }) => [id, transport, subscriptions]),
    [
      ["a", "ws", 0],
      ["b", "tcp", 2],
      ["c/ü", "tcp", 0],
      ["session:x", "tcp", 0],
    ],
  );
  for (const { remote, connectedAt, waitingBytes, waitingMessages } of clients) {
    assert.match(remote, /^127\.0\.0\.1:\d+$/);
    assert.ok(connectedAt >= before && connectedAt <= Date.now());
    assert.deepEqual([waitingBytes, waitingMessages], [0, 0]);
  }
  const paged: string[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined; ) {
    const query: Record<string, string | number> = { limit: 1, ...(cursor ? { cursor } : {}) };
    const page: { clients: { id: string }[]; cursor?: string | undefined } = await api.done(listClients, {
      query,
    });
    paged.push(...page.clients.map(({ id }) => id));
    cursor = page.cursor;
  }
  assert.deepEqual(paged, ["a", "b", "c/ü", "session:x"]);
  assert.deepEqual((await api.done(listClients, { query: { user: "42" } })).clients, []);
});

test("what a client is subscribed to", async (t) => {
  const client = await connect(t, server.mqttUrl, { clientId: "many" });
  await client.subscribe(["z", "a/#"], 2);
  await client.subscribe("m/+", 1);
  const { subscriptions, ...rest } = await api.done(listSubscriptions, { params: { id: "many" } });
  assert.deepEqual(rest, { kind: "mqtt", id: "many" });
  assert.deepEqual(subscriptions, [
    { filter: "a/#", qos: 2 },
    { filter: "m/+", qos: 1 },
    { filter: "z", qos: 2 },
  ]);
  const page = await api.done(listSubscriptions, { params: { id: "many" }, query: { limit: 2 } });
  const rest2 = await api.done(listSubscriptions, {
    params: { id: "many" },
    query: { cursor: page.cursor ?? "" },
  });
  assert.deepEqual([...page.subscriptions, ...rest2.subscriptions], subscriptions);
  await api.refused(listSubscriptions, 404, /no client "nobody" is connected/, { params: { id: "nobody" } });
});

test("a client is disconnected: its will is published, its kept session stays, the log says why", async (t) => {
  const watcher = await connect(t, server.mqttUrl);
  await watcher.subscribe("wills/#");
  const options = { clientId: "kicked/1", clean: false } as const;
  const client = await connect(t, server.mqttUrl, {
    ...options,
    will: { topic: "wills/kicked", payload: Buffer.from("gone"), qos: 0, retain: false },
  });
  await client.subscribe("kept", 1);
  const closed = client.closed();
  const answer = await api.done(disconnectClient, {
    params: { id: "kicked/1" },
    query: { reason: "maintenance of the hall" },
  });
  assert.deepEqual(answer, { kind: "mqtt", id: "kicked/1" });
  await closed;
  assert.equal((await watcher.messages(1))[0]?.payload, "gone");
  await server.logged(
    ({ msg, client, reason }) =>
      msg === "client disconnected" && client === "kicked/1" && reason === "maintenance of the hall",
  );
  await server.logged(
    ({ msg, operation, client, remote }) =>
      msg === "changed through the API" &&
      operation === "disconnectClient" &&
      client === "kicked/1" &&
      /^127\.0\.0\.1:\d+$/.test(String(remote)),
  );
  await api.refused(disconnectClient, 404, /no client "kicked\/1"/, { params: { id: "kicked/1" } });
  const back = await connect(t, server.mqttUrl, options);
  assert.equal(back.sessionPresent, true);
});

test("refuses to disconnect whom it cannot, and says why", async (t) => {
  await connect(t, server.mqttUrl, { clientId: "stays" });
  const params = { id: "stays" };
  await api.refused(disconnectClient, 400, /^query\.code: MQTT clients are told no code/, {
    params,
    query: { code: 3503 },
  });
  await api.refused(disconnectClient, 400, /^query\.code: /, { params, query: { code: 1000 } });
  await api.refused(disconnectClient, 400, /^query\.reason: /, { params, query: { reason: "zwölf" } });
  await api.refused(disconnectClient, 400, /^query\.kind: /, { params, query: { kind: "http" } });
  await api.refused(disconnectClient, 400, /DELETE takes no body/, { params, body: { code: 3503 } });
  await api.refused(disconnectClient, 404, /no session "stays"/, { params, query: { kind: "session" } });
  const { clients } = await api.done(listClients);
  assert.ok(clients.some(({ id }) => id === "stays"));
});

test("who has not kept up is listed with what it cost, latest first", async (t) => {
  const frozen = await connect(t, server.mqttUrl, { clientId: "frozen" });
  await frozen.subscribe("flood");
  frozen.client.stream.pause();
  const payload = "x".repeat(100_000);
  const dropped = server.logged(({ msg, client }) => msg === "message dropped" && client === "frozen");
  let flooding = true;
  dropped.finally(() => {
    flooding = false;
  });
  while (flooding) await api.publish({ topic: "flood", data: payload, qos: 0 });
  const { clients } = await api.done(listSlowClients);
  const [slow] = clients;
  assert.deepEqual([slow?.kind, slow?.id], ["mqtt", "frozen"]);
  assert.ok((slow?.reasons.slowClient ?? 0) > 0);
  assert.ok(slow && slow.firstAt <= slow.lastAt && slow.lastAt <= Date.now());
  const waiting = (await api.done(listClients, { query: mqtt })).clients.find(({ id }) => id === "frozen");
  assert.ok((waiting?.waitingBytes ?? 0) > 16 * 1024, "what waits for it is told");
});
