import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SignJWT } from "jose";
import { batch } from "../../../src/http/api/batch.js";
import { broadcast } from "../../../src/http/api/broadcast.js";
import { getChannel, listChannels } from "../../../src/http/api/channels.js";
import { getHistory } from "../../../src/http/api/history.js";
import { getPresence, getPresenceStats } from "../../../src/http/api/presence.js";
import { publish } from "../../../src/http/api/publish.js";
import { subscribeUser } from "../../../src/http/api/users.js";
import { RawClient } from "../../channels/support/raw-client.js";
import { startServer } from "../../helpers/server.js";
import { ApiClient } from "./support/api-client.js";

/*
 * A channel's rule that names users names them for the API, too.
 */

const SECRET = "a secret that tokens are signed with: 0123456789";
const KEY = "a-key-of-the-test-that-may-do-all";
const only = { subscribe: ["ann"], publish: ["ann"], presence: ["ann"], history: ["ann"] };
const kept = { presence: true, history: { size: 10, ttl: "1m" } };

const config = {
  tokens: { secret: SECRET },
  api: { keys: [KEY] },
  bridge: {
    channels: [
      { channel: "hers", topics: ["hers/#"], publish: { topic: "hers/all" }, access: only, ...kept },
      { channel: "open", topics: ["open/#"], publish: { topic: "open/all" }, ...kept },
    ],
  },
};
const rules = [{ allow: ["publish", "subscribe"], users: ["bob"], topics: ["#"] }];
const places = {
  "without rules": await startServer({ after }, { config }),
  "with rules that leave her no topic and him all": await startServer(
    { after },
    { config: { ...config, rights: { rules } } },
  ),
};

async function tokenOf(user: string, claims: object = {}): Promise<string> {
  const exp = Math.floor(Date.now() / 1_000) + 600;
  return new SignJWT({ sub: user, scopes: ["publish", "read", "manage"], exp, ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(SECRET));
}

/** What each operation answers on a channel. */
async function statuses(api: ApiClient, channel: string): Promise<Record<string, number>> {
  const params = { channel };
  const command = { publish: { channel, data: 1 } };
  const inBatch = await api.done(batch, { body: { commands: [command] } });
  const inBroadcast = await api.done(broadcast, { body: { channels: [channel], data: 1 } });
  return {
    publish: (await api.call(publish, { body: { channel, data: 1 } })).status,
    batch: inBatch.results[0]?.status ?? 0,
    broadcast: inBroadcast.results[0]?.status ?? 0,
    channel: (await api.call(getChannel, { params })).status,
    history: (await api.call(getHistory, { params })).status,
    presence: (await api.call(getPresence, { params })).status,
    stats: (await api.call(getPresenceStats, { params })).status,
    grant: (await api.call(subscribeUser, { params: { user: "bob" }, body: { channel } })).status,
  };
}

const all = (status: number) => ({
  publish: status,
  batch: status,
  broadcast: status,
  channel: status,
  history: status,
  presence: status,
  stats: status,
  grant: status,
});

for (const [place, server] of Object.entries(places)) {
  const as = async (user: string, claims = {}) =>
    new ApiClient(server.httpUrl, { authorization: `Bearer ${await tokenOf(user, claims)}` });

  test(`whom a channel's rule names may use it through the API, nobody else may: ${place}`, async () => {
    assert.deepEqual(await statuses(await as("ann"), "hers"), all(200));
    assert.deepEqual(await statuses(await as("bob"), "hers"), all(403));
    assert.deepEqual(await statuses(await as("bob"), "open"), all(200));
    assert.deepEqual(await statuses(new ApiClient(server.httpUrl, { "x-api-key": KEY }), "hers"), all(200));
  });

  test(`a token that chooses the channel opens it, but for publishing: ${place}`, async () => {
    assert.deepEqual(await statuses(await as("bob", { channels: ["hers"] }), "hers"), {
      ...all(200),
      publish: 403,
      batch: 403,
      broadcast: 403,
    });
  });

  test(`she is shown the channel and its history whole, he does not see it listed: ${place}`, async (t) => {
    const ann = await RawClient.open(t, `${server.wsUrl}/connection/websocket`);
    ann.command(
      { id: 1, connect: { token: await tokenOf("ann") } },
      { id: 2, subscribe: { channel: "hers" } },
    );
    await ann.reply(2);
    const hers = await as("ann");
    await hers.done(publish, { body: { channel: "hers", data: "last" } });
    const { publications } = await hers.done(getHistory, {
      params: { channel: "hers" },
      query: { reverse: "true" },
    });
    assert.equal(publications[0]?.data, "last");
    const listed = async (api: ApiClient) =>
      (await api.done(listChannels, { query: { prefix: "hers" } })).channels.map(({ channel }) => channel);
    assert.deepEqual(await listed(hers), ["hers"]);
    assert.deepEqual(await listed(await as("bob")), []);
  });
}
