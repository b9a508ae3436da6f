import assert from "node:assert/strict";
import { after, test } from "node:test";
import { deleteRetained, listRetained } from "../../../src/http/api/retained.js";
import { connect } from "../../helpers/mqtt.js";
import { startServer } from "../../helpers/server.js";
import { ApiClient } from "./support/api-client.js";

const server = await startServer({ after });
const api = new ApiClient(server.httpUrl);

async function topicsOf(query: Record<string, string | number>): Promise<string[]> {
  return (await api.done(listRetained, { query })).retained.map(({ topic }) => topic);
}

test("payloads are told as channels carry them, with QoS, size and time", async (t) => {
  const client = await connect(t, server.mqttUrl);
  const before = Date.now();
  await client.publish("kinds/json", '{"n":12345678901234567890}', 1, true);
  await client.publish("kinds/text", "büro", 0, true);
  await client.client.publishAsync("kinds/bytes", Buffer.from([255, 0]), { qos: 2, retain: true });
  const { body, text } = await api.call(listRetained, { query: { filter: "kinds/#" } });
  const { retained } = listRetained.answer.parse(body);
  assert.deepEqual(
    retained.map(({ topic, qos, size, data, encoding }) => [topic, qos, size, data, encoding]),
    [
      ["kinds/bytes", 2, 2, "/wA=", "base64"],
      // biome-ignore lint/correctness/noPrecisionLoss: so it is read; how it is written is looked at below
      ["kinds/json", 1, 26, { n: 12345678901234567890 }, undefined],
      ["kinds/text", 0, 5, "büro", undefined],
    ],
  );
  assert.ok(text.includes('"data":{"n":12345678901234567890}'), "every digit as it was sent");
  for (const { time } of retained) assert.ok(time >= before && time <= Date.now());
});

test("all of them come in one order, page by page, written or not yet", async (t) => {
  const client = await connect(t, server.mqttUrl);
  const topics = Array.from({ length: 250 }, (_, i) => `pages/${i % 7}/${i}`);
  await Promise.all(topics.map((topic) => client.publish(topic, "x", 1, true)));
  await client.publish("pages", "x", 1, true);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const query = { filter: "pages/#", limit: 40, ...(cursor ? { cursor } : {}) };
    const page: { retained: { topic: string }[]; cursor?: string | undefined } = await api.done(
      listRetained,
      { query },
    );
    seen.push(...page.retained.map(({ topic }) => topic));
    assert.ok(page.retained.length === 40 || page.cursor === undefined);
    cursor = page.cursor;
    // What comes in behind the cursor changes nothing of what follows.
    await client.publish("pages/0/0", "again", 0, true);
  } while (cursor !== undefined);
  assert.equal(seen[0], "pages", "a topic comes before those below it");
  assert.deepEqual(seen.toSorted(), ["pages", ...topics].sort());
});

test("large messages make short pages", async (t) => {
  const client = await connect(t, server.mqttUrl);
  for (const name of ["a", "b", "c"]) await client.publish(`large/${name}`, "x".repeat(700_000), 1, true);
  const first = await api.done(listRetained, { query: { filter: "large/+" } });
  assert.equal(first.retained.length, 2);
  const rest = await api.done(listRetained, { query: { filter: "large/+", cursor: first.cursor ?? "" } });
  assert.deepEqual(
    rest.retained.map(({ topic }) => topic),
    ["large/c"],
  );
  assert.equal(rest.cursor, undefined);
});

test("a filter finds what it matches, and one topic is a filter too", async (t) => {
  const client = await connect(t, server.mqttUrl);
  for (const topic of ["find/a/x", "find/b/x", "find/b/y", "find"]) await client.publish(topic, "1", 1, true);
  assert.deepEqual(await topicsOf({ filter: "find/+/x" }), ["find/a/x", "find/b/x"]);
  assert.deepEqual(await topicsOf({ filter: "find" }), ["find"]);
  assert.deepEqual(await topicsOf({ filter: "find/nothing" }), []);
  assert.deepEqual(await topicsOf({ filter: "find/#", limit: 2 }), ["find", "find/a/x"]);
  await api.refused(listRetained, 400, /^query\.filter: # must be/, { query: { filter: "a#" } });
});

test("deleting tells subscribers, and is logged without what was retained", async (t) => {
  const client = await connect(t, server.mqttUrl);
  await client.publish("gone/a b/ü%2F", "secret words", 1, true);
  await client.subscribe("gone/#", 1);
  await client.messages(1);
  const params = { topic: "gone/a b/ü%2F" };
  assert.deepEqual(await api.done(deleteRetained, { params }), params);
  const [, emptied] = await client.messages(2);
  assert.deepEqual([emptied?.topic, emptied?.payload], ["gone/a b/ü%2F", ""]);
  assert.deepEqual(await topicsOf({ filter: "gone/#" }), []);
  const line = await server.logged(({ operation }) => operation === "deleteRetained");
  assert.equal(line.topic, params.topic);
  assert.ok(!JSON.stringify(server.log).includes("secret words"));
  await api.refused(deleteRetained, 404, /"gone\/a b\/ü%2F": nothing is retained/, { params });
});

test("a wildcard deletes nothing, and reserved topics are left alone", async (t) => {
  const client = await connect(t, server.mqttUrl);
  await client.publish("stay/a", "1", 1, true);
  for (const topic of ["stay/#", "#", "stay/+"])
    await api.refused(deleteRetained, 400, /^path\.topic: .*wildcards/, { params: { topic } });
  await api.refused(deleteRetained, 403, /begin with \$ are reserved/, { params: { topic: "$SYS/a" } });
  assert.deepEqual(await topicsOf({ filter: "stay/#" }), ["stay/a"]);
});
