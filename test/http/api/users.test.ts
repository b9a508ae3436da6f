import assert from "node:assert/strict";
import { once } from "node:events";
import { after, type TestContext, test } from "node:test";
import type { Centrifuge } from "centrifuge";
import { batch } from "../../../src/http/api/batch.js";
import { listClients } from "../../../src/http/api/clients.js";
import {
  disconnectUser,
  refreshUser,
  sendToUser,
  subscribeUser,
  unsubscribeUser,
} from "../../../src/http/api/users.js";
import { connectClient, Listening } from "../../channels/support/client.js";
import { startServer } from "../../helpers/server.js";
import { ApiClient } from "./support/api-client.js";
import { AUTH, tokenFor } from "./support/token.js";

const server = await startServer(
  { after },
  { config: { ...AUTH, bridge: { channels: [{ channel: "news", topics: ["news/#"] }] } } },
);
const api = new ApiClient(server.httpUrl);
const url = `${server.wsUrl}/connection/websocket`;

const connectAs = (t: TestContext, user: string, claims: object = {}): Promise<Centrifuge> =>
  connectClient(t, url, { token: tokenFor(user, claims) });
const told = async (client: Centrifuge, event: string) => (await once(client as never, event))[0];

test("all sessions of a user, and of nobody else, are subscribed by the server and hear what is published", async (t) => {
  const own = [await connectAs(t, "ada/1"), await connectAs(t, "ada/1")];
  const other = await connectAs(t, "bob");
  other.on("subscribed", () => assert.fail("somebody else was subscribed"));
  const subscribed = own.map((client) => told(client, "subscribed"));
  const params = { user: "ada/1" };
  assert.deepEqual(await api.done(subscribeUser, { params, body: { channel: "news" } }), { sessions: 2 });
  for (const { channel } of await Promise.all(subscribed)) assert.equal(channel, "news");
  const heard = own.map((client) => told(client, "publication"));
  await api.publish({ topic: "news/a", data: { n: 1 } });
  for (const { channel, data } of await Promise.all(heard))
    assert.deepEqual([channel, data], ["news", { n: 1 }]);

  const ended = own.map((client) => told(client, "unsubscribed"));
  assert.deepEqual(await api.done(unsubscribeUser, { params, body: { channel: "news" } }), { sessions: 2 });
  await Promise.all(ended);
  assert.deepEqual(await api.done(unsubscribeUser, { params, body: { channel: "news" } }), { sessions: 0 });
  await api.refused(subscribeUser, 404, /unknown channel/, { params, body: { channel: "nothing" } });
});

test("a subscription of the client's own is ended with the code that is given", async (t) => {
  const client = await connectAs(t, "eve");
  const { subscription } = await Listening.begin(client, "news");
  const ended = once(subscription as never, "unsubscribed");
  const body = { channel: "news", code: 2010, reason: "not for you" };
  await api.done(unsubscribeUser, { params: { user: "eve" }, body });
  assert.deepEqual((await ended)[0].code, 2010);
});

test("a message reaches all sessions of a user, or one of them, as it was written", async (t) => {
  const [one, other] = [await connectAs(t, "zoe"), await connectAs(t, "zoe")];
  const both = [told(one, "message"), told(other, "message")];
  const params = { user: "zoe" };
  assert.deepEqual(await api.done(sendToUser, { params, body: { data: { alarm: true } } }), { sessions: 2 });
  for (const { data } of await Promise.all(both)) assert.deepEqual(data, { alarm: true });
  const { clients } = await api.done(listClients, { query: { user: "zoe" } });
  assert.equal(clients.length, 2);
  const session = clients[0]?.id ?? "";
  assert.deepEqual(await api.done(sendToUser, { params, body: { session, data: 1 } }), { sessions: 1 });
  const stranger = (await api.done(listClients, { query: { kind: "session" } })).clients.find(
    ({ user }) => user !== "zoe",
  );
  if (stranger)
    assert.deepEqual(await api.done(sendToUser, { params, body: { session: stranger.id, data: 1 } }), {
      sessions: 0,
    });
});

test("a user is disconnected with the code that is given; who is not there is no error", async (t) => {
  const client = await connectAs(t, "max");
  const gone = told(client, "disconnected");
  const params = { user: "max" };
  const body = { code: 4501, reason: "account closed" };
  assert.deepEqual(await api.done(disconnectUser, { params, body }), { sessions: 1 });
  const { code, reason } = await gone;
  assert.deepEqual([code, reason], [4501, "account closed"]);
  assert.deepEqual(await api.done(disconnectUser, { params, body }), { sessions: 0 });
});

test("a session's time is moved: one that has passed ends it", async (t) => {
  const exp = Math.floor(Date.now() / 1000) + 3_600;
  const client = await connectAs(t, "tim", { exp });
  const params = { user: "tim" };
  assert.deepEqual(await api.done(refreshUser, { params, body: { expiresAt: exp + 3_600 } }), {
    sessions: 1,
  });
  assert.deepEqual(await api.done(refreshUser, { params, body: {} }), { sessions: 1 });
  const gone = once(client as never, "connecting");
  await api.done(refreshUser, { params, body: { expiresAt: 1 } });
  assert.equal((await gone)[0].code, 3005, "expired");
});

test("in a batch the user is in the command", async (t) => {
  const client = await connectAs(t, "kim");
  const message = told(client, "message");
  const commands = [
    { send: { user: "kim", data: 12 } },
    { disconnect: { user: "kim", code: 3503 } },
    { disconnect: { user: "nobody" } },
  ];
  const { results } = await api.done(batch, { body: { commands } });
  assert.equal((await message).data, 12);
  assert.deepEqual(
    results.map(({ body }) => body.sessions),
    [1, 1, 0],
  );
});
