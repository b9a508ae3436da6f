import assert from "node:assert/strict";
import { after, test } from "node:test";
import { batch } from "../../../src/http/api/batch.js";
import { broadcast } from "../../../src/http/api/broadcast.js";
import { connect } from "../../helpers/mqtt.js";
import { startServer } from "../../helpers/server.js";
import { ApiClient } from "./support/api-client.js";

const server = await startServer({ after });
const api = new ApiClient(server.httpUrl);

test("broadcast reaches every target, and each has its own result", async (t) => {
  const client = await connect(t, server.mqttUrl);
  await client.subscribe("#", 1);
  const { results } = await api.done(broadcast, {
    body: '{"channels":["mqtt:a","nothing"],"topics":["b/c","$d"],"data":{"n":1.0}}',
  });
  assert.deepEqual(
    results.map(({ channel, topic, status, code }) => [channel ?? topic, status, code]),
    [
      ["mqtt:a", 200, undefined],
      ["nothing", 404, 102],
      ["b/c", 200, undefined],
      ["$d", 403, undefined],
    ],
  );
  assert.match(results[1]?.error ?? "", /no rule makes/);
  const received = await client.messages(2);
  assert.deepEqual(
    received.map(({ topic, payload }) => [topic, payload]),
    [
      ["a", '{"n":1.0}'],
      ["b/c", '{"n":1.0}'],
    ],
  );
});

test("a thousand targets are one request, in order, and one more is refused", async (t) => {
  const client = await connect(t, server.mqttUrl);
  await client.subscribe("many/#", 1);
  const topics = Array.from({ length: 1_000 }, (_, i) => `many/${i}`);
  await api.done(broadcast, { body: { topics, data: "x" } });
  const received = await client.messages(1_000);
  assert.deepEqual(
    received.map(({ topic }) => topic),
    topics,
  );
  await api.refused(broadcast, 400, /names more than 1000/, {
    body: { topics, channels: ["a"], data: "x" },
  });
});

const badBroadcasts: [string, object, RegExp][] = [
  ["nothing to publish to", { data: 1 }, /needs topics or channels/],
  ["a bad topic among good ones", { topics: ["a", "b/#"], data: 1 }, /^body\.topics\[1\]: .*wildcards/],
  ["nothing to publish", { topics: ["a"] }, /needs data or payload/],
  ["QoS for channels alone", { channels: ["a"], data: 1, qos: 1 }, /^body\.qos: goes with a topic/],
];
for (const [what, body, error] of badBroadcasts)
  test(`broadcast refuses ${what}`, async () => {
    await api.refused(broadcast, 400, error, { body });
  });

test("a batch does its commands in order, and each has the answer that it would have had alone", async (t) => {
  const client = await connect(t, server.mqttUrl);
  await client.subscribe("batch/#", 1);
  const commands = [
    '{"publish":{"topic":"batch/a","data":12345678901234567890}}',
    '{"publish":{"channel":"nothing","data":1}}',
    '{ "broadcast" : {"topics":["batch/b","batch/c"], "data": [ 1 ] } }',
    '{"publish":{"topic":"$SYS","data":1}}',
    '{"publish":{"topic":"batch/d","payload":"aGk="}}',
  ];
  const { results } = await api.done(batch, { body: `{"commands":[${commands.join(" , ")}]}` });
  assert.deepEqual(
    results.map(({ status }) => status),
    [200, 404, 200, 403, 200],
  );
  assert.equal(results[1]?.body.code, 102);
  assert.deepEqual(results[2]?.body, {
    results: [
      { topic: "batch/b", status: 200 },
      { topic: "batch/c", status: 200 },
    ],
  });
  const received = await client.messages(4);
  assert.deepEqual(
    received.map(({ topic, payload }) => [topic, payload]),
    [
      ["batch/a", "12345678901234567890"],
      ["batch/b", "[ 1 ]"],
      ["batch/c", "[ 1 ]"],
      ["batch/d", "hi"],
    ],
  );
});

test("a batch of a thousand publishes arrives whole and in order", async (t) => {
  const client = await connect(t, server.mqttUrl);
  await client.subscribe("long", 1);
  const commands = Array.from({ length: 1_000 }, (_, i) => ({
    publish: { topic: "long", data: i },
  }));
  const { results } = await api.done(batch, { body: { commands } });
  assert.equal(results.length, 1_000);
  await client.messages(1_000);
  assert.deepEqual(
    client.payloads,
    commands.map((_, i) => String(i)),
  );
});

const good = { publish: { topic: "a", data: 1 } };
const badBatches: [string, object, RegExp][] = [
  ["no commands", { commands: [] }, /^body\.commands: /],
  ["what is not a list", { commands: good }, /^body\.commands: expected array/],
  [
    "a command without a kind",
    { commands: [good, {}] },
    /^body\.commands\[1\]: needs one of publish, broadcast/,
  ],
  ["a command of two kinds", { commands: [{ ...good, broadcast: { topics: ["a"], data: 1 } }] }, /only one$/],
  ["an unknown kind", { commands: [{ destroy: {} }] }, /^body\.commands\[0\]: there is no key "destroy"/],
  [
    "a fault deep inside",
    { commands: [good, { publish: { topic: "a", data: 1, qos: 7 } }] },
    /^body\.commands\[1\]\.publish\.qos: /,
  ],
  ["a batch in a batch", { commands: [{ batch: { commands: [good] } }] }, /there is no key "batch"/],
  ["more than a thousand", { commands: Array(1_001).fill(good) }, /^body\.commands: .*1000/],
  [
    "more than a thousand targets in all",
    { commands: Array(3).fill({ broadcast: { topics: Array(400).fill("a"), data: 1 } }) },
    /^body\.commands: publishes to 1200 topics and channels in all; 1000 is the most/,
  ],
];
for (const [what, body, error] of badBatches)
  test(`a batch with ${what} is refused whole`, async (t) => {
    const client = await connect(t, server.mqttUrl);
    await client.subscribe("a", 1);
    await api.refused(batch, 400, error, { body });
    await api.publish({ topic: "a", data: "after" });
    assert.deepEqual((await client.messages(1))[0]?.payload, "after", "nothing of it was done");
  });
