import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { publish } from "../../../src/http/api/publish.js";
import { listRetained } from "../../../src/http/api/retained.js";
import { connect } from "../../helpers/mqtt.js";
import { startServer } from "../../helpers/server.js";
import { ApiClient } from "./support/api-client.js";

const server = await startServer(
  { after },
  {
    config: {
      bridge: {
        channels: [
          {
            channel: "device:{id}",
            topics: ["devices/{id}/#"],
            publish: { topic: "devices/{id}/commands", qos: 1, retain: true },
          },
          { channel: "readings", topics: ["readings/#"] },
        ],
      },
    },
  },
);
const api = new ApiClient(server.httpUrl);

test("what is published to a topic arrives as it was written, to the byte", async (t) => {
  const client = await connect(t, server.mqttUrl);
  await client.subscribe("exact/#", 1);
  const written = [
    '{"n":12345678901234567890,"x":1.50,"n":0}',
    "[ 1 ,\n  2 ]",
    '{"__proto__":{"polluted":true}}',
    '"\\u00e9 text"',
    '""',
    "null",
    "false",
    "1e999",
  ];
  for (const data of written) await api.publish(`{"data": ${data} , "topic":"exact/a"}`);
  await client.messages(written.length);
  assert.deepEqual(
    client.payloads,
    written.map((data) => (data.startsWith('"') ? JSON.parse(data) : data)),
  );
  assert.deepEqual(new Set(client.received.map(({ qos }) => qos)), new Set([1]));
});

test("payload is bytes in base64", async (t) => {
  const client = await connect(t, server.mqttUrl);
  await client.subscribe("bytes", 1);
  const arrival = once(client.client as never, "message");
  await api.publish({ topic: "bytes", payload: "//4AAQ==" });
  const [, payload] = await arrival;
  assert.deepEqual(payload, Buffer.from([0xff, 0xfe, 0, 1]));
});

test("QoS is 1 unless said otherwise, and then kept for who is away", async (t) => {
  const away = await connect(t, server.mqttUrl, { clean: false, clientId: "away" });
  await away.subscribe("kept", 2);
  await away.end();
  await api.publish({ topic: "kept", data: "lost", qos: 0 });
  await api.publish({ topic: "kept", data: "one" });
  await api.publish({ topic: "kept", data: "two", qos: 2 });
  const back = await connect(t, server.mqttUrl, { clean: false, clientId: "away" });
  await back.messages(2);
  assert.deepEqual(
    back.received.map(({ payload, qos }) => [payload, qos]),
    [
      ["one", 1],
      ["two", 2],
    ],
  );
});

test("retain keeps the message for those who come later", async (t) => {
  await api.publish({ topic: "state/door", data: { open: true }, retain: true });
  const client = await connect(t, server.mqttUrl);
  await client.subscribe("state/#");
  const [message] = await client.messages(1);
  assert.deepEqual([message?.payload, message?.retain], ['{"open":true}', true]);
});

test("to a channel it is published by the channel's rule", async (t) => {
  const client = await connect(t, server.mqttUrl);
  await client.subscribe("devices/#", 2);
  await api.publish({ channel: "device:7", data: { relay: true } });
  await api.publish({ channel: "device:8", payload: Buffer.from("on").toString("base64") });
  const received = await client.messages(2);
  assert.deepEqual(
    received.map(({ topic, payload, qos }) => [topic, payload, qos]),
    [
      ["devices/7/commands", '{"relay":true}', 1],
      ["devices/8/commands", "on", 1],
    ],
  );
  const { retained } = await api.done(listRetained, { query: { filter: "devices/+/commands" } });
  assert.equal(retained.length, 2, "the rule says retain");
});

test("to a channel of the built-in family it goes to the topic", async (t) => {
  const client = await connect(t, server.mqttUrl);
  await client.subscribe("sensors/kitchen");
  await api.publish({ channel: "mqtt:sensors/kitchen", data: 21 });
  assert.equal((await client.messages(1))[0]?.payload, "21");
});

const refusals: [string, object, number, RegExp, number?][] = [
  [
    "a channel that is read-only",
    { channel: "readings", data: 1 },
    403,
    /"readings" is read-only: its rule has no publish/,
    103,
  ],
  [
    "a channel that no rule makes",
    { channel: "nothing", data: 1 },
    404,
    /no rule makes a channel "nothing"/,
    102,
  ],
  ["a wildcard as a channel's topic", { channel: "mqtt:a/#", data: 1 }, 400, /holds a wildcard/, 107],
  ["a reserved topic of a channel", { channel: "mqtt:$SYS/a", data: 1 }, 403, /begin with \$/, 103],
  [
    "a reserved topic",
    { topic: "$SYS/broker", data: 1 },
    403,
    /"\$SYS\/broker": topics that begin with \$ are reserved/,
  ],
  ["no target", { data: 1 }, 400, /^body: needs topic or channel$/],
  ["two targets", { topic: "a", channel: "b", data: 1 }, 400, /^body: needs topic or channel, not both$/],
  ["no content", { topic: "a" }, 400, /^body: needs data or payload$/],
  ["two contents", { topic: "a", data: 1, payload: "" }, 400, /^body: needs data or payload, not both$/],
  ["QoS for a channel", { channel: "device:7", data: 1, qos: 1 }, 400, /^body\.qos: goes with a topic/],
  [
    "retain for a channel",
    { channel: "device:7", data: 1, retain: false },
    400,
    /^body\.retain: goes with a topic/,
  ],
  ["a wildcard", { topic: "a/+", data: 1 }, 400, /^body\.topic: .*wildcards/],
  ["no such QoS", { topic: "a", data: 1, qos: 3 }, 400, /^body\.qos: .*0\|1\|2/],
  ["a QoS that is text", { topic: "a", data: 1, qos: "1" }, 400, /^body\.qos: /],
  ["what is not base64", { topic: "a", payload: "a b" }, 400, /^body\.payload: .*base64/],
  ["an unknown key", { topic: "a", data: 1, Retain: true }, 400, /^body: there is no key "Retain"$/],
];
for (const [what, body, status, error, code] of refusals)
  test(`refuses ${what}`, async () => {
    const answer = await api.refused(publish, status, error, { body });
    assert.equal(answer.code, code);
  });
