import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "../../../../src/gateway/codes.js";
import { Fault } from "../../../../src/gateway/fault.js";
import { batch } from "../../../../src/http/api/batch.js";
import { getChannel } from "../../../../src/http/api/channels.js";
import type { ClientKind, ClientSource, Why } from "../../../../src/http/api/client-source.js";
import { listSubscriptions } from "../../../../src/http/api/client-subscriptions.js";
import { listClients } from "../../../../src/http/api/clients.js";
import { disconnectClient } from "../../../../src/http/api/disconnect-client.js";
import { getHistory, type HistoryQuery, type Publication } from "../../../../src/http/api/history.js";
import { getPresence, getPresenceStats } from "../../../../src/http/api/presence.js";
import { publish } from "../../../../src/http/api/publish.js";
import { listSlowClients } from "../../../../src/http/api/slow-clients.js";
import {
  disconnectUser,
  refreshUser,
  sendToUser,
  subscribeUser,
  type Users,
  unsubscribeUser,
} from "../../../../src/http/api/users.js";
import { serveApi } from "./support.js";

const channel = { channel: "c" };

test("history: what is asked for is handed on, and what is found comes as it was published", async (t) => {
  const asked: HistoryQuery[] = [];
  const publication = (offset: number, data: string): Publication => ({
    offset,
    content: { topic: `t/${offset}`, data, encoding: undefined, time: offset },
  });
  let publications = [publication(1, "12345678901234567890"), publication(2, '"text"')];
  const { client } = await serveApi(t, {
    histories: {
      history: (_, query) => {
        asked.push(query);
        return { publications, position: { epoch: "e", offset: 9 } };
      },
    },
  });
  const { text } = await client.call(getHistory, { params: channel });
  assert.equal(
    text,
    '{"publications":[{"offset":1,"topic":"t/1","data":12345678901234567890,"time":1},{"offset":2,"topic":"t/2","data":"text","time":2}],"epoch":"e","offset":9,"next":2}',
  );
  const query = { limit: 0, offset: 7, epoch: "e", reverse: "true" };
  await client.done(getHistory, { params: channel, query });
  assert.deepEqual(asked, [
    { limit: 100, since: undefined, reverse: false },
    { limit: 0, since: { epoch: "e", offset: 7 }, reverse: true },
  ]);
  publications = Array.from({ length: 10 }, (_, i) => publication(i, `"${"x".repeat(300_000)}"`));
  const page = await client.done(getHistory, { params: channel });
  assert.equal(page.publications.length, 4, "an answer does not grow without bounds");
  assert.equal(page.next, 3);
  for (const half of [{ offset: 7 }, { epoch: "e" }])
    await client.refused(getHistory, 400, /offset and epoch go together/, { params: channel, query: half });
  await client.refused(getHistory, 400, /^query\.reverse: /, { params: channel, query: { reverse: 1 } });
});

test("presence: members come in order, page by page, with what their tokens say of them", async (t) => {
  const members = new Map(
    ["b", "a", "c"].map((id) => [
      id,
      {
        user: `user ${id}`,
        connInfo: id === "a" ? '{"n":1.0}' : undefined,
        chanInfo: id === "b" ? "1" : undefined,
      },
    ]),
  );
  const { client } = await serveApi(t, {
    presences: { presence: () => members, presenceStats: () => ({ clients: 3, users: 2 }) },
  });
  const first = await client.call(getPresence, { params: channel, query: { limit: 2 } });
  assert.match(
    first.text,
    /^\{"clients":\[\{"client":"a","user":"user a","connInfo":\{"n":1\.0\}\},\{"client":"b","user":"user b","chanInfo":1\}\],"cursor":/,
  );
  const { cursor = "" } = getPresence.answer.parse(first.body);
  assert.deepEqual(await client.done(getPresence, { params: channel, query: { cursor } }), {
    clients: [{ client: "c", user: "user c" }],
  });
  assert.deepEqual(await client.done(getPresenceStats, { params: channel }), { clients: 3, users: 2 });
});

test("users: every operation hands on whom it concerns, alone and in a batch", async (t) => {
  const did: unknown[] = [];
  const note = (...what: unknown[]) => {
    did.push(what);
    return did.length;
  };
  const users: Users = {
    subscribe: async (...what) => note("subscribe", ...what),
    unsubscribe: (...what) => note("unsubscribe", ...what),
    disconnect: (...what) => note("disconnect", ...what),
    refresh: (...what) => note("refresh", ...what),
    send: (...what) => note("send", ...what),
  };
  const { client, log } = await serveApi(t, { users });
  const params = { user: "a/b" };
  const bodies = {
    subscribe: { channel: "c" },
    unsubscribe: { channel: "c", code: 2500 },
    disconnect: { session: "s", code: 4501, reason: "gone" },
    refresh: { expiresAt: 1 },
    send: { data: { private: "words" } },
  };
  const operations = {
    subscribe: subscribeUser,
    unsubscribe: unsubscribeUser,
    disconnect: disconnectUser,
    refresh: refreshUser,
    send: sendToUser,
  };
  for (const [name, operation] of Object.entries(operations))
    await client.done(operation, { params, body: bodies[name as keyof typeof bodies] });
  const commands = Object.entries(bodies).map(([name, body]) => ({ [name]: { user: "a/b", ...body } }));
  const { results } = await client.done(batch, { body: { commands } });
  assert.deepEqual(
    results.map(({ body }) => body.sessions),
    [6, 7, 8, 9, 10],
  );
  const all = { user: "a/b", session: undefined };
  const expected = [
    ["subscribe", all, "c"],
    ["unsubscribe", all, "c", { code: 2500, reason: undefined }],
    ["disconnect", { user: "a/b", session: "s" }, { code: 4501, reason: "gone" }],
    ["refresh", all, 1],
    ["send", all, '{"private":"words"}'],
  ];
  assert.deepEqual(did, [...expected, ...expected]);
  const logged = log
    .filter(({ user }) => user === "a/b")
    .map(({ operation, sessions }) => [operation, sessions]);
  assert.deepEqual(logged.slice(0, 2), [
    ["subscribeUser", 1],
    ["unsubscribeUser", 2],
  ]);
  assert.equal(logged.length, 10);
  assert.ok(!JSON.stringify(log).includes("words"));
  await client.done(sendToUser, { params, body: '{"data":{"a":\n  "b\\n" }}' });
  assert.deepEqual(did.at(-1), ["send", all, '{"a":"b\\n" }'], "frames hold no line breaks");
  await client.refused(sendToUser, 400, /^body\.data: is missing$/, { params, body: {} });
  await client.refused(disconnectUser, 400, /^body\.code: /, { params, body: { code: 1000 } });
});

class Source implements ClientSource {
  readonly kind: ClientKind;
  readonly disconnected: [string, Why][] = [];
  readonly #ids: readonly string[];

  constructor(kind: ClientKind, ...ids: string[]) {
    this.kind = kind;
    this.#ids = ids;
  }

  ids(user?: string) {
    return user === undefined ? this.#ids : this.#ids.filter((id) => id.startsWith(user));
  }

  find(id: string) {
    if (!this.#ids.includes(id)) return undefined;
    return { transport: "ws", remote: "127.0.0.1:1", connectedAt: 1, subscriptions: 1, waitingBytes: 0 };
  }

  subscriptions() {
    return [{ channel: `of ${this.kind}` }];
  }

  slow() {
    return this.#ids.map((id, place) => ({ id, reasons: {}, firstAt: 0, lastAt: place }));
  }

  disconnect(id: string, why: Why): boolean {
    this.disconnected.push([id, why]);
    return true;
  }
}

test("clients of both kinds are one list, and who is meant must be clear", async (t) => {
  const mqtt = new Source("mqtt", "x", "same");
  const sessions = new Source("session", "same", "a");
  const { client } = await serveApi(t, { clients: [sessions, mqtt] });
  const listed = async (query: Record<string, string>) =>
    (await client.done(listClients, { query })).clients.map(({ kind, id }) => `${kind} ${id}`);
  assert.deepEqual(await listed({}), ["mqtt same", "mqtt x", "session a", "session same"]);
  assert.deepEqual(await listed({ kind: "session" }), ["session a", "session same"]);
  assert.deepEqual(await listed({ user: "sa" }), ["mqtt same", "session same"]);
  const { clients: slow } = await client.done(listSlowClients);
  assert.deepEqual(
    slow.map(({ lastAt }) => lastAt),
    [1, 1, 0, 0],
  );

  const params = { id: "same" };
  await client.refused(disconnectClient, 409, /add kind=mqtt or kind=session/, { params });
  await client.refused(listSubscriptions, 409, /add kind=mqtt or kind=session/, { params });
  const { subscriptions } = await client.done(listSubscriptions, { params, query: { kind: "session" } });
  assert.deepEqual(subscriptions, [{ channel: "of session" }]);
  await client.done(disconnectClient, { params, query: { kind: "session", code: 3000, reason: "why" } });
  await client.done(disconnectClient, { params: { id: "x" } });
  assert.deepEqual(sessions.disconnected, [["same", { code: 3000, reason: "why" }]]);
  assert.deepEqual(mqtt.disconnected, [["x", { code: undefined, reason: undefined }]]);
});

const statuses: [keyof typeof errors, number][] = [
  ["internal", 503],
  ["unknownChannel", 404],
  ["permissionDenied", 403],
  ["alreadySubscribed", 409],
  ["limitExceeded", 429],
  ["badRequest", 400],
  ["notAvailable", 409],
  ["unrecoverablePosition", 409],
];
for (const [name, status] of statuses)
  test(`the protocol's error ${name} is status ${status}`, async (t) => {
    const fault = new Fault(errors[name], "the particulars");
    const { client } = await serveApi(t, {
      histories: {
        history: () => {
          throw fault;
        },
      },
    });
    const { status: answered, body } = await client.call(getHistory, { params: channel });
    assert.equal(answered, status);
    assert.deepEqual(body, { error: fault.message, code: fault.code });
  });

test("a fault of the server's own is told as such, and only the log has the cause", async (t) => {
  const { client, log } = await serveApi(t, {
    channels: {
      active: () => [],
      subscribers: () => 0,
      describe: () => {
        throw new TypeError("a secret of the implementation");
      },
      access: () => undefined,
      publish: () => Promise.reject(new RangeError("another one")),
    },
  });
  await client.refused(getChannel, 500, /^a fault of the server; its log has the cause$/, {
    params: channel,
  });
  await client.refused(publish, 500, /^a fault of the server/, { body: { channel: "c", data: 1 } });
  const { results } = await client.done(batch, {
    body: { commands: [{ publish: { channel: "c", data: 1 } }] },
  });
  assert.equal(results[0]?.status, 500);
  const causes = log.map(({ err }) => (err as { message?: string } | undefined)?.message);
  assert.deepEqual(causes, ["a secret of the implementation", "another one", "another one"]);
});

test("an answer that does not come in time is not waited for", async (t) => {
  const { client } = await serveApi(
    t,
    { topics: () => ({ publish: () => new Promise(() => undefined) }) },
    { timeout: 20 },
  );
  await client.refused(publish, 503, /not done within 20 ms/, { body: { topic: "a", data: 1 } });
});
