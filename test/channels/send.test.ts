import assert from "node:assert/strict";
import { test } from "node:test";
import { connectClient } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { answer, errorOf, heard } from "./support/heard.js";
import { RawClient } from "./support/raw-client.js";
import { startServer } from "./support/server.js";

const device = {
  channel: "device:{id}",
  topics: ["devices/{id}/#"],
  publish: { topic: "devices/{id}/commands", qos: 1 as const, retain: false },
};

test("what the reference client sends goes where its channel's publications go, without an answer", async (t) => {
  const { url, bus, bridge } = await startServer(t, { channels: [device] });
  const client = await connectClient(t, url);
  await client.send({ channel: "device:7", data: { relay: true } });
  await eventually(() => bus.published.length === 1, "it is published");
  const [message] = bus.published;
  assert.deepEqual(
    [message?.topic, message?.payload.toString(), message?.qos],
    ["devices/7/commands", '{"relay":true}', 1],
  );
  assert.equal(bridge.stats().published, 1);
});

test("data is passed on as it was written", async (t) => {
  const { url, bus } = await startServer(t, { channels: [device] });
  const client = await RawClient.connect(t, url);
  client.socket.send(
    '{"send":{"data":{"data": {"big": 12345678901234567890, "b":1,"a":2} ,"channel":"device:7"}}}',
  );
  await eventually(() => bus.published.length === 1, "it is published");
  assert.equal(bus.published[0]?.payload.toString(), '{"big": 12345678901234567890, "b":1,"a":2}');
});

test("a send that cannot be taken is counted, and told to who gave it an id", async (t) => {
  const { url, gateway, bus } = await startServer(t, { channels: [device, { channel: "c", topics: ["c"] }] });
  const client = await RawClient.connect(t, url);
  client.command(
    { send: { data: { channel: "nowhere", data: 1 } } },
    { send: { data: null } },
    { send: {} },
    { send: { data: [1] } },
    { send: { data: { channel: "device:7" } } },
    { id: 2, send: { data: { channel: "c", data: 1 } } },
    { id: 3, send: { data: { channel: "nowhere", data: 1 } } },
  );
  assert.deepEqual([await errorOf(client, 2), await errorOf(client, 3)], [103, 102]);
  assert.deepEqual([gateway.stats().errors, bus.published, client.replies.length], [7, [], 3]);
});

test("the broker is told which session a publication came from", async (t) => {
  const { url, bus } = await startServer(t, { channels: [device] });
  const client = await RawClient.connect(t, url);
  const { client: id } = await answer(client, 1);
  client.command(
    { id: 2, publish: { channel: "device:7", data: 1 } },
    { send: { data: { channel: "device:7", data: 2 } } },
  );
  await answer(client, 2);
  await eventually(() => bus.published.length === 2, "both are published");
  assert.deepEqual(
    bus.published.map(({ origin }) => origin),
    [id, id],
  );
});

test("a publication reaches the one who published it like everybody else, once", async (t) => {
  const { url, bus } = await startServer(t, { channels: [device] });
  const clients = await Promise.all([1, 2].map(() => RawClient.connect(t, url)));
  for (const client of clients) client.command({ id: 2, subscribe: { channel: "device:7" } });
  for (const client of clients) await answer(client, 2);
  clients[0]?.command({ id: 3, publish: { channel: "device:7", data: "mine" } });
  for (const client of clients) assert.deepEqual((await heard(client, "device:7", 1))[0]?.data, "mine");
  bus.send("devices/7/end", '"end"');
  for (const client of clients)
    assert.deepEqual(
      (await heard(client, "device:7", 2)).map(({ data }) => data),
      ["mine", "end"],
    );
});
