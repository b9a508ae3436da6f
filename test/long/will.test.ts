import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../helpers/mqtt.js";
import { startServer } from "../helpers/server.js";

/** Orphaned wills are looked for once a minute. */
const PATIENCE_MS = 100_000;

test("after a crash of the broker, the wills of clients that do not come back are published, once", async (t) => {
  const first = await startServer(t);
  const will = (topic: string) =>
    ({ will: { topic, payload: Buffer.from("gone"), qos: 1, retain: true } }) as const;
  await connect(t, first.mqttUrl, { clientId: "lost", ...will("status/lost") });
  await connect(t, first.mqttUrl, { clientId: "returns", ...will("status/returns") });
  await first.kill();

  const second = await startServer(t, { data: first.data });
  await connect(t, second.mqttUrl, { clientId: "returns", ...will("status/returns") });
  const watcher = await connect(t, second.mqttUrl, { clientId: "watcher" });
  await watcher.subscribe("status/#", 1);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no will came")), PATIENCE_MS);
    watcher.client.once("message", () => {
      clearTimeout(timer);
      resolve();
    });
  });
  assert.deepEqual(
    watcher.received.map(({ topic, payload }) => [topic, payload]),
    [["status/lost", "gone"]],
  );
  await second.stop();
  const third = await startServer(t, { data: first.data });
  const later = await connect(t, third.mqttUrl);
  await later.subscribe("status/#", 1);
  const [retained] = await later.messages(1);
  assert.deepEqual([retained?.topic, retained?.retain], ["status/lost", true]);
});
