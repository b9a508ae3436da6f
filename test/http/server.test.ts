import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../helpers/mqtt.js";
import { startServer } from "../helpers/server.js";

test("/healthz, /readyz and /api/v1/info answer", async (t) => {
  const server = await startServer(t);
  const get = async (path: string) => (await fetch(server.httpUrl + path)).json();
  assert.deepEqual(await get("/healthz"), { status: "ok" });
  assert.deepEqual(await get("/readyz"), { status: "ready" });
  const info = (await get("/api/v1/info")) as Record<string, unknown>;
  assert.deepEqual(info.addresses, server.addresses);
  assert.equal(info.mqttChannels, true);
});

test("/metrics counts what passes, in the Prometheus format", async (t) => {
  const server = await startServer(t);
  const client = await connect(t, server.mqttUrl);
  await client.subscribe("a", 1);
  for (const qos of [0, 1, 1, 2] as const) await client.publish("a", "x", qos);
  await client.messages(4);
  const response = await fetch(`${server.httpUrl}/metrics`);
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  const value = (series: string) =>
    Number(
      text
        .split("\n")
        .find((line) => line.startsWith(`${series} `))
        ?.split(" ")[1],
    );
  assert.equal(value("causeway_mqtt_clients"), 1);
  assert.equal(value('causeway_mqtt_messages_received_total{qos="1"}'), 2);
  assert.equal(
    value('causeway_mqtt_messages_delivered_total{qos="1"}'),
    3,
    "QoS 2 is lowered to that of the subscription",
  );
  assert.ok(value("process_resident_memory_bytes") > 1e6);
  assert.ok(value("causeway_mqtt_received_bytes_total") > 40);
});

test("/metrics needs the scope where it is not open", async (t) => {
  const key = "a-key-for-the-test-of-metrics";
  const server = await startServer(t, { config: { http: { openMetrics: false }, api: { keys: [key] } } });
  const ask = (headers: Record<string, string>) => fetch(`${server.httpUrl}/metrics`, { headers });
  assert.equal((await ask({})).status, 401);
  assert.match((await ask({})).headers.get("www-authenticate") ?? "", /^Bearer/);
  assert.equal((await ask({ authorization: `Bearer ${key}x` })).status, 401);
  assert.equal((await ask({ authorization: `Bearer ${key}` })).status, 200);
  for (const path of ["/healthz", "/readyz"])
    assert.equal((await fetch(server.httpUrl + path)).status, 200, path);
});

test("the page comes with headers that let it load and reach nothing else", async (t) => {
  const server = await startServer(t);
  const response = await fetch(server.httpUrl);
  assert.equal(response.status, 200);
  assert.match(await response.text(), /<title>Causeway/);
  const policy = response.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*/);
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
});

test("paths that are not there, or try to leave the page's directory, are 404", async (t) => {
  const server = await startServer(t);
  for (const path of ["/nothing", "/..%2f..%2fpackage.json", "/assets/", "/%2e%2e/main.js"]) {
    const response = await fetch(server.httpUrl + path);
    assert.ok([400, 403, 404].includes(response.status), `${path} gave ${response.status}`);
    assert.doesNotMatch(await response.text(), /dependencies|import /);
  }
});
