import assert from "node:assert/strict";
import { after, test } from "node:test";
import { getHistory } from "../../../src/http/api/history.js";
import { connect } from "../../helpers/mqtt.js";
import { startServer } from "../../helpers/server.js";
import { ApiClient } from "./support/api-client.js";
import { AUTH, tokenFor } from "./support/token.js";

const server = await startServer(
  { after },
  {
    config: {
      bridge: {
        channels: [
          { channel: "log:{id}", topics: ["log/{id}"], history: { size: 5, ttl: "10m" } },
          { channel: "plain", topics: ["plain/#"] },
        ],
      },
    },
  },
);
const api = new ApiClient(server.httpUrl);
const history = (channel: string, query: Record<string, string | number> = {}) =>
  api.done(getHistory, { params: { channel }, query });

test("a channel's history is read from its beginning, after a position, and backwards", async (t) => {
  const client = await connect(t, server.mqttUrl);
  await history("log:a"); // whoever asks opens it, or nothing would be kept of what follows
  const begun = Date.now();
  for (let i = 1; i <= 7; i++) await client.publish("log/a", `{"n":1234567890123456789${i}}`, 1);
  const { text } = await api.call(getHistory, { params: { channel: "log:a" } });
  assert.ok(text.includes('"data":{"n":12345678901234567897}'), "every digit");
  const all = await history("log:a");
  const { epoch, offset } = all;
  const offsets = (page: Awaited<ReturnType<typeof history>>) =>
    page.publications.map((found) => found.offset);
  assert.deepEqual(
    offsets(all),
    [offset - 4, offset - 3, offset - 2, offset - 1, offset],
    "its rule says five",
  );
  for (const { topic, time = 0 } of all.publications) {
    assert.equal(topic, "log/a");
    assert.ok(time >= begun && time <= Date.now());
  }
  assert.deepEqual(offsets(await history("log:a", { limit: 2, offset: offset - 3, epoch })), [
    offset - 2,
    offset - 1,
  ]);
  assert.deepEqual(offsets(await history("log:a", { limit: 2, reverse: "true" })), [offset, offset - 1]);
  assert.deepEqual(offsets(await history("log:a", { limit: 1, offset, epoch, reverse: "true" })), [
    offset - 1,
  ]);
  assert.deepEqual(await history("log:a", { limit: 0 }), { publications: [], epoch, offset });
  assert.equal((await history("log:a", { limit: 2, offset: offset - 3, epoch })).next, offset - 1);
  assert.equal((await history("log:a", { limit: 2, reverse: "true" })).next, offset - 1);
});

test("who may not see a page of it is told where to go on", async (t) => {
  const guarded = await startServer(t, {
    config: {
      ...AUTH,
      bridge: {
        channels: [{ channel: "all", topics: ["open/#", "hidden/#"], history: { size: 10, ttl: "10m" } }],
      },
      rights: {
        rules: [
          { allow: ["publish"], users: ["device"], topics: ["#"] },
          { allow: ["subscribe"], users: ["ann"], topics: ["open/#"] },
        ],
      },
    },
  });
  const password = tokenFor("device");
  const device = await connect(t, guarded.mqttUrl, { username: "device", password });
  const authorization = `Bearer ${tokenFor("ann", { scopes: ["read"] })}`;
  const ann = new ApiClient(guarded.httpUrl, { authorization });
  const page = (query: Record<string, string | number>) =>
    ann.done(getHistory, { params: { channel: "all" }, query: { limit: 2, ...query } });
  await page({});
  for (const topic of ["hidden/a", "hidden/b", "open/a"]) await device.publish(topic, "1", 1);
  const { publications, epoch, next = 0 } = await page({});
  assert.deepEqual(publications, []);
  const rest = await page({ offset: next, epoch });
  assert.deepEqual(
    rest.publications.map(({ topic }) => topic),
    ["open/a"],
  );
});

test("bytes are told as such", async (t) => {
  const client = await connect(t, server.mqttUrl);
  await history("log:b");
  await client.client.publishAsync("log/b", Buffer.from([255]), { qos: 1 });
  const [found] = (await history("log:b")).publications;
  assert.deepEqual([found?.data, found?.encoding], ["/w==", "base64"]);
});

test("a channel without a history, and one that no rule makes", async () => {
  const none = await api.refused(getHistory, 409, /not available/, { params: { channel: "plain" } });
  assert.equal(none.code, 108);
  const unknown = await api.refused(getHistory, 404, /unknown channel/, { params: { channel: "nothing" } });
  assert.equal(unknown.code, 102);
});

test("a position that is not known any more", async () => {
  await history("log:c");
  const query = { offset: 3, epoch: "elsewhere" };
  const { code } = await api.refused(getHistory, 409, /unrecoverable position/, {
    params: { channel: "log:c" },
    query,
  });
  assert.equal(code, 112);
});
