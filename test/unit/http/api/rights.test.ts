import assert from "node:assert/strict";
import { test } from "node:test";
import type { Principal } from "../../../../src/access/principal.js";
import type { ChannelAction, Rights } from "../../../../src/access/rights.js";
import type { Method } from "../../../../src/auth/method.js";
import { batch } from "../../../../src/http/api/batch.js";
import { broadcast } from "../../../../src/http/api/broadcast.js";
import { getChannel, listChannels } from "../../../../src/http/api/channels.js";
import type { Message } from "../../../../src/http/api/delivery.js";
import { getHistory, type Publication } from "../../../../src/http/api/history.js";
import { getPresence } from "../../../../src/http/api/presence.js";
import { publish } from "../../../../src/http/api/publish.js";
import { deleteRetained, listRetained, type RetainedMessage } from "../../../../src/http/api/retained.js";
import { disconnectUser, subscribeUser } from "../../../../src/http/api/users.js";
import { doorOf, gateOf } from "../support.js";
import { serveApi } from "./support.js";

/** Topics and channels below `own/` are hers; of channels `closed` and `opened` it is said what she may. */
const rights: Rights = {
  mayPublish: (topic, _qos, retain) => topic.startsWith("own/") && !retain,
  readable: (filter) => (filter === "#" || filter.startsWith("own/") ? { qos: 2, whole: false } : undefined),
  mayReceive: (topic) => topic.startsWith("own/"),
  receiveQos: (topic) => (topic.startsWith("own/") ? 2 : undefined),
  channel: (name: string, _action: ChannelAction) =>
    name === "opened" ? true : name === "closed" ? false : undefined,
};

function keyed(key: string, scopes: Principal["scopes"], more: Partial<Principal> = {}): Method {
  const principal = { user: key, proof: "key", channels: [], scopes, unrestricted: false, ...more } as const;
  return {
    name: key,
    admit: async (attempt) => (attempt.key === key ? principal : undefined),
    stands: () => true,
  };
}

const publication = (offset: number, topic: string): Publication => ({
  offset,
  content: { topic, data: `"${topic}"`, encoding: undefined, time: offset },
});
const retained = (topic: string): RetainedMessage => ({
  topic,
  qos: 1,
  size: 1,
  time: 1,
  data: "1",
  encoding: undefined,
});

async function setUp(t: Parameters<typeof serveApi>[0]) {
  const published: Message[] = [];
  const told: string[] = [];
  const topicsOf: Record<string, string> = {
    own: "own/#",
    foreign: "foreign/#",
    opened: "x/#",
    closed: "own/#",
    kept: "own/#",
    lent: "foreign/#",
    sealed: "own/#",
  };
  /** What channels' own rules say: who is named may, and nobody else. One is for tokens alone. */
  const named: Record<string, string> = { kept: "eve", lent: "ada", sealed: "nobody" };
  const gate = gateOf({
    anonymous: false,
    methods: [
      keyed("ada", new Set(["publish", "read"])),
      keyed("bob", new Set(["publish", "read", "manage"])),
      keyed("manager", new Set(["manage"])),
      keyed("server", new Set(["publish", "read"]), { unrestricted: true, user: "" }),
    ],
    rights: { rightsOf: ({ user }) => (user === "ada" ? rights : undefined), scopesOf: () => new Set() },
  });
  const door = doorOf(gate);
  const audit = {
    ...door.audit,
    changed: ({ user, what }: { user?: string; what?: string }) => told.push(`${user}: ${what}`),
  };
  const parts = {
    topics: () => ({ publish: async (message: Message) => void published.push(message) }),
    channels: {
      active: () => Object.keys(topicsOf),
      subscribers: () => 1,
      describe: (channel: string) => ({
        topics: [topicsOf[channel] ?? ""],
        snapshot: false,
        publish: { topic: `${channel}/commands`, qos: 1, retain: false } as const,
      }),
      access: (channel: string, _action: ChannelAction, user: string) =>
        named[channel] === undefined ? undefined : named[channel] === user,
      publish: async (channel: string) =>
        void published.push({ topic: channel, payload: Buffer.alloc(0), qos: 0, retain: false }),
    },
    retained: {
      find: async function* (filter: string) {
        for (const topic of ["foreign/a", "own/a", "own/b"])
          if (filter === "#" || filter === topic) yield retained(topic);
      },
    },
    histories: {
      history: () => ({
        publications: [publication(1, "own/a"), publication(2, "foreign/a")],
        position: { epoch: "e", offset: 2 },
      }),
    },
  };
  const { client } = await serveApi(t, parts, {}, { ...door, audit: audit as typeof door.audit });
  const as = (key: string) => ({ headers: { "x-api-key": key } });
  return { client, published, told, as };
}

test("a user publishes where the rules say, alone, in a broadcast and in a batch", async (t) => {
  const { client, published, as } = await setUp(t);
  const body = (more: object) => ({ body: { data: 1, ...more }, ...as("ada") });
  await client.done(publish, body({ topic: "own/a" }));
  await client.refused(publish, 403, /rules do not allow.* topic "foreign\/a"/, body({ topic: "foreign/a" }));
  await client.refused(publish, 403, /"own\/a"/, body({ topic: "own/a", retain: true }));
  await client.done(publish, body({ channel: "own" }));
  await client.done(publish, body({ channel: "opened" }));
  await client.done(publish, body({ channel: "lent" }));
  for (const channel of ["kept", "sealed"])
    await client.refused(publish, 403, new RegExp(`channel "${channel}"`), body({ channel }));
  await client.refused(publish, 403, /topic "foreign\/commands"/, body({ channel: "foreign" }));
  await client.refused(publish, 403, /channel "closed"/, body({ channel: "closed" }));
  const { results } = await client.done(broadcast, body({ topics: ["own/b", "foreign/b"] }));
  assert.deepEqual(
    results.map(({ status }) => status),
    [200, 403],
  );
  const commands = [
    { publish: { topic: "own/c", data: 1 } },
    { publish: { topic: "foreign/c", data: 1 } },
    { disconnect: { user: "x" } },
  ];
  const answer = await client.done(batch, { body: { commands }, ...as("ada") });
  assert.deepEqual(
    answer.results.map(({ status }) => status),
    [200, 403, 403],
  );
  assert.deepEqual(
    published.map(({ topic }) => topic),
    ["own/a", "own", "opened", "lent", "own/b", "own/c"],
  );
  await client.done(publish, { body: { data: 1, topic: "foreign/a", retain: true }, ...as("server") });
});

test("a user reads what the rules say", async (t) => {
  const { client, as } = await setUp(t);
  const ada = as("ada");
  const topics = async (key: string, filter: string) =>
    (await client.done(listRetained, { query: { filter }, ...as(key) })).retained.map(({ topic }) => topic);
  assert.deepEqual(await topics("ada", "#"), ["own/a", "own/b"]);
  assert.deepEqual(await topics("ada", "foreign/a"), []);
  assert.deepEqual(await topics("server", "#"), ["foreign/a", "own/a", "own/b"]);
  const { channels } = await client.done(listChannels, ada);
  assert.deepEqual(
    channels.map(({ channel }) => channel),
    ["lent", "opened", "own"],
  );
  for (const operation of [getChannel, getHistory, getPresence])
    for (const channel of ["foreign", "closed", "kept", "sealed"])
      await client.refused(operation, 403, /rules do not allow/, { params: { channel }, ...ada });
  const offsets = async (channel: string) =>
    (await client.done(getHistory, { params: { channel }, ...ada })).publications.map(({ offset }) => offset);
  assert.deepEqual(await offsets("own"), [1], "what comes of topics that are not hers is left out");
  assert.deepEqual(await offsets("opened"), [1, 2], "where the channel is allowed, so is what is in it");
  assert.deepEqual(await offsets("lent"), [1, 2], "also where its own rule does so");
  await client.done(getPresence, { params: { channel: "own" }, ...ada });
});

test("what a channel's own rule keeps for others, or for tokens, is kept where there are no rights, too", async (t) => {
  const { client, published, as } = await setUp(t);
  const bob = as("bob");
  for (const channel of ["kept", "lent", "sealed"]) {
    for (const operation of [getChannel, getHistory, getPresence])
      await client.refused(operation, 403, /rules do not allow/, { params: { channel }, ...bob });
    await client.refused(publish, 403, /rules do not allow/, { body: { data: 1, channel }, ...bob });
    await client.refused(subscribeUser, 403, /rules do not allow/, {
      params: { user: "bob" },
      body: { channel },
      ...bob,
    });
    await client.done(getHistory, { params: { channel }, ...as("server") });
    await client.done(publish, { body: { data: 1, channel }, ...as("server") });
  }
  await client.done(publish, { body: { data: 1, channel: "foreign" }, ...bob });
  const { channels } = await client.done(listChannels, bob);
  assert.deepEqual(
    channels.map(({ channel }) => channel),
    ["closed", "foreign", "opened", "own"],
  );
  assert.deepEqual(
    published.map(({ topic }) => topic),
    ["kept", "lent", "sealed", "foreign"],
  );
});

test("what is changed is told with whose credential it was", async (t) => {
  const { client, told, as } = await setUp(t);
  await client.done(disconnectUser, { params: { user: "a/b" }, body: {}, ...as("manager") });
  await client.refused(disconnectUser, 403, /scope manage/, {
    params: { user: "x" },
    body: {},
    ...as("ada"),
  });
  await client.refused(listRetained, 403, /scope read/, as("manager"));
  await client.done(deleteRetained, { params: { topic: "own/a" }, ...as("manager") });
  await client.done(publish, { body: { topic: "own/a", data: 1 }, ...as("ada") });
  assert.deepEqual(told, [
    "manager: POST /api/v1/users/a%2Fb/disconnect",
    "manager: DELETE /api/v1/retained/own%2Fa",
  ]);
});
