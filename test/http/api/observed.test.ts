import assert from "node:assert/strict";
import { test } from "node:test";
import { batch } from "../../../src/http/api/batch.js";
import { broadcast } from "../../../src/http/api/broadcast.js";
import { getChannel } from "../../../src/http/api/channels.js";
import { publish } from "../../../src/http/api/publish.js";
import { deleteRetained } from "../../../src/http/api/retained.js";
import { Metrics } from "../../faults/support/metrics.js";
import { startServer } from "../../helpers/server.js";
import { ApiClient } from "./support/api-client.js";

test("requests are counted by operation and status, whatever their paths", async (t) => {
  const server = await startServer(t);
  const api = new ApiClient(server.httpUrl);
  for (const channel of ["a", "b", "c"])
    await api.refused(getChannel, 404, /no rule/, { params: { channel } });
  await api.publish({ topic: "a", data: 1 });
  await api.refused(publish, 400, /no key/, { body: { topic: "a", data: 1, x: 1 } });
  await fetch(`${server.httpUrl}/api/v1/nothing`);
  const count = (metrics: Metrics, operation: string, status: number) =>
    metrics.get(`api_requests_total{operation="${operation}",status="${status}"}`);
  const metrics = await Metrics.until(
    server,
    (now) => now.sum("api_requests_total") === 5,
    "all are counted",
  );
  assert.equal(count(metrics, "getChannel", 404), 3);
  assert.equal(count(metrics, "publish", 200), 1);
  assert.equal(count(metrics, "publish", 400), 1);
  assert.equal(metrics.get("api_requests_under_way"), 0);
});

test("what is changed is logged with who did it, never with payloads", async (t) => {
  const server = await startServer(t);
  const api = new ApiClient(server.httpUrl);
  const secret = "not-for-the-log";
  await api.publish({ topic: "state/a", data: secret, retain: true });
  await api.done(broadcast, { body: { topics: ["a", "$b"], channels: ["none"], data: secret } });
  await api.done(deleteRetained, { params: { topic: "state/a" } });
  const lineOf = async (name: string) => {
    const { operation, topic, topics, channels, failed, retain, remote, by } = await server.logged(
      (line) => line.operation === name,
    );
    assert.match(String(remote), /^127\.0\.0\.1:\d+$/);
    assert.equal(by, "loopback");
    return { operation, topic, topics, channels, failed, retain };
  };
  const nothing = {
    topic: undefined,
    topics: undefined,
    channels: undefined,
    failed: undefined,
    retain: undefined,
  };
  assert.deepEqual(await lineOf("publish"), {
    ...nothing,
    operation: "publish",
    topic: "state/a",
    retain: true,
  });
  assert.deepEqual(await lineOf("broadcast"), {
    ...nothing,
    operation: "broadcast",
    topics: 2,
    channels: 1,
    failed: 2,
  });
  assert.deepEqual(await lineOf("deleteRetained"), {
    ...nothing,
    operation: "deleteRetained",
    topic: "state/a",
  });
  assert.ok(!JSON.stringify(server.log).includes(secret));
});

test("publishing very often does not fill the log", async (t) => {
  const server = await startServer(t);
  const api = new ApiClient(server.httpUrl);
  const commands = Array.from({ length: 500 }, () => ({ publish: { topic: "a", data: 1, retain: true } }));
  await api.done(batch, { body: { commands } });
  await api.done(deleteRetained, { params: { topic: "a" } });
  await server.logged(({ operation }) => operation === "deleteRetained");
  const lines = server.log.filter(({ msg }) => msg === "published through the API");
  assert.ok(lines.length === 20, `${lines.length} lines`);
});
