import assert from "node:assert/strict";
import { after, test } from "node:test";
import { getPresence, getPresenceStats } from "../../../src/http/api/presence.js";
import { connectClient, Listening } from "../../channels/support/client.js";
import { startServer } from "../../helpers/server.js";
import { ApiClient } from "./support/api-client.js";
import { AUTH, tokenFor } from "./support/token.js";

const server = await startServer(
  { after },
  {
    config: {
      ...AUTH,
      bridge: {
        channels: [
          { channel: "room", topics: ["room/#"], presence: true },
          { channel: "plain", topics: ["plain/#"] },
        ],
      },
    },
  },
);
const api = new ApiClient(server.httpUrl);
const url = `${server.wsUrl}/connection/websocket`;
const params = { channel: "room" };

test("who is subscribed is told with what the tokens say of them, page by page", async (t) => {
  assert.deepEqual(await api.done(getPresence, { params }), { clients: [] });
  for (const user of ["ada", "ada", "bob"]) {
    const client = await connectClient(t, url, { token: tokenFor(user, { info: { name: user } }) });
    await Listening.begin(client, "room");
  }
  const anonymous = await connectClient(t, url);
  await Listening.begin(anonymous, "room");
  const { clients } = await api.done(getPresence, { params });
  assert.deepEqual(clients.map(({ user }) => user).sort(), ["", "ada", "ada", "bob"]);
  for (const { user, connInfo } of clients)
    assert.deepEqual(connInfo, user === "" ? undefined : { name: user });
  const first = await api.done(getPresence, { params, query: { limit: 3 } });
  const rest = await api.done(getPresence, { params, query: { cursor: first.cursor ?? "" } });
  assert.deepEqual([...first.clients, ...rest.clients], clients);
  const stats = await api.done(getPresenceStats, { params });
  assert.deepEqual(stats, { clients: 4, users: 3 });
  anonymous.disconnect();
  // Nothing tells when the server has noticed, so it is asked.
  for (let left = 4; left > 3; ) left = (await api.done(getPresenceStats, { params })).clients;
});

test("a channel whose rule has no presence, and one that no rule makes", async () => {
  for (const operation of [getPresence, getPresenceStats]) {
    const none = await api.refused(operation, 409, /not available/, { params: { channel: "plain" } });
    assert.equal(none.code, 108);
    await api.refused(operation, 404, /unknown channel/, { params: { channel: "nothing" } });
  }
});
