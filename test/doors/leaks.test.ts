import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { Centrifuge, type Subscription } from "centrifuge";
import { WebSocket } from "ws";
import { connect, type TestClient } from "../helpers/mqtt.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { accountsIn } from "./accounts.js";

/*
 * Ways by which a message could reach somebody who may not have it, each by its name. That it did not come is known by one that is allowed
 * and came after it.
 */

const SECRET = "a secret that tokens are signed with: 0123456789";
const PASSWORD = "a password that all of them have";

/** What reader may read by default: `open/#`, but nothing below `open/secret`. */
const RULES = [
  { allow: ["publish", "subscribe"], users: ["admin"], topics: ["#"] },
  { allow: ["subscribe"], users: ["reader"], topics: ["open/#"] },
  { deny: ["subscribe"], users: ["reader"], topics: ["open/secret/#"] },
  { allow: ["publish"], users: ["writer"], topics: ["own/#"] },
];

interface Scene {
  readonly server: RunningServer;
  readonly admin: TestClient;
  as(user: string, options?: object): Promise<TestClient>;
  /** Puts other rules into force, and waits until they are. */
  rules(rules: object[]): Promise<void>;
  channel(user: string): Centrifuge;
}

interface Setting {
  readonly data?: string;
  readonly channels?: object[];
  readonly scopes?: object[];
}

async function open(t: TestContext, more: Setting = {}): Promise<Scene> {
  const directory = await accountsIn(t, ["admin", "reader", "writer"], PASSWORD);
  const file = join(directory, "rights.yaml");
  const { scopes = [] } = more;
  await writeFile(file, JSON.stringify({ rules: RULES, scopes }));
  const server = await startServer(t, {
    ...(more.data === undefined ? {} : { data: more.data }),
    config: {
      allowAnonymous: false,
      accounts: { file: join(directory, "accounts") },
      tokens: { secret: SECRET },
      rights: { file },
      ...(more.channels ? { bridge: { channels: more.channels, mqttChannels: true } } : {}),
    },
  });
  const as = (user: string, options: object = {}) =>
    connect(t, server.mqttUrl, { username: user, password: PASSWORD, ...options });
  const admin = await as("admin");
  let changes = 0;
  return {
    server,
    admin,
    as,
    async rules(rules) {
      changes++;
      await writeFile(file, JSON.stringify({ rules, scopes }));
      const isReload = ({ msg }: { msg: string }) => msg === "rights.file read again";
      await server.logged((line) => isReload(line) && server.log.filter(isReload).length >= changes);
    },
    channel: (user) => {
      const client = new Centrifuge(`${server.wsUrl}/connection/websocket`, {
        websocket: WebSocket,
        token: tokenOf(user),
      });
      t.after(() => client.disconnect());
      client.connect();
      return client;
    },
  };
}

function tokenOf(user: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { sub: user, exp: Math.floor(Date.now() / 1_000) + 600 };
  const signed = `${part({ alg: "HS256" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}

/** What was received up to the first message with this topic, itself left out. */
async function receivedBefore(client: TestClient, topic: string): Promise<string[]> {
  for (let count = 1; ; count++) {
    const received = await client.messages(count);
    const end = received.findIndex((message) => message.topic === topic);
    if (end !== -1) return received.slice(0, end).map((message) => message.topic);
  }
}

describe("MQTT", () => {
  for (const filter of ["#", "+/#", "open/+/+", "+/secret/+"])
    test(`wildcard: ${filter} tells nothing that may not be read`, async (t) => {
      const { admin, as } = await open(t);
      const reader = await as("reader");
      const granted = await reader.subscribe(["open/end", filter], 1).catch(() => undefined);
      if (filter === "+/secret/+") assert.equal(granted, undefined, "nothing in it may be read");
      await reader.subscribe("open/end", 1);
      for (const topic of ["closed/a", "open/secret/a", "open/b/c", "open/end"])
        await admin.publish(topic, "x", 1);
      const expected = filter === "+/secret/+" ? [] : ["open/b/c"];
      assert.deepEqual(await receivedBefore(reader, "open/end"), expected);
    });

  test("overlapping filters: one that is wholly readable does not open the other", async (t) => {
    const { admin, as } = await open(t);
    const reader = await as("reader");
    await reader.subscribe(["open/end", "open/a/#", "#"], 1);
    for (const topic of ["open/secret/a", "closed", "open/a/b", "open/end"])
      await admin.publish(topic, "x", 1);
    assert.deepEqual([...new Set(await receivedBefore(reader, "open/end"))], ["open/a/b"]);
  });

  test("shared: a group's filter is judged by the filter in it", async (t) => {
    const { admin, as } = await open(t);
    const reader = await as("reader");
    await assert.rejects(reader.subscribe("$share/group/closed/#", 1));
    await reader.subscribe("$share/group/#", 1).catch(() => undefined);
    await reader.subscribe("open/end", 1);
    for (const topic of ["closed/a", "open/secret/a", "open/end"]) await admin.publish(topic, "x", 1);
    const seen = (await receivedBefore(reader, "open/end")).filter((topic) => !topic.startsWith("open/end"));
    assert.deepEqual(seen, []);
  });

  test("retained: messages that were there before are judged too", async (t) => {
    const { admin, as } = await open(t);
    // They come in the order of their topics, so the one below z is the last.
    for (const topic of ["closed/a", "open/secret/a", "open/b", "open/z"])
      await admin.publish(topic, "x", 1, true);
    const reader = await as("reader");
    await reader.subscribe("#", 1);
    assert.deepEqual(await receivedBefore(reader, "open/z"), ["open/b"]);
  });

  for (const clean of [true, false])
    test(`QoS: a broad filter (clean ${clean}) brings no topic at more than its own right, live or retained`, async (t) => {
      const { admin, as, rules } = await open(t);
      await rules([
        ...RULES,
        { deny: ["subscribe"], users: ["reader"], topics: ["open/low/#"], qos: 1 },
        { allow: ["subscribe"], users: ["reader"], topics: ["once/#"], qos: 0 },
      ]);
      for (const topic of ["open/low/old", "open/old"]) await admin.publish(topic, "x", 1, true);
      const levels = async (filter: string) => {
        const reader = await as("reader", { clean, clientId: `reader of ${filter}` });
        await reader.subscribe(filter, 2);
        await reader.messages(2);
        for (const topic of ["open/low/a", "once/a", "open/end"]) await admin.publish(topic, "x", 2);
        await receivedBefore(reader, "open/end");
        return Object.fromEntries(reader.received.map(({ topic, qos }) => [topic, qos]));
      };
      const open2 = { "open/low/old": 0, "open/old": 1, "open/low/a": 0, "open/end": 2 };
      assert.deepEqual(await levels("open/#"), open2);
      assert.deepEqual(await levels("#"), { ...open2, "once/a": 0 });
    });

  test("will: it is not let in with one to a topic that it may not write", async (t) => {
    const { as } = await open(t);
    const will = (topic: string) => ({ will: { topic, payload: Buffer.from("gone"), qos: 1 as const } });
    await assert.rejects(as("writer", will("closed/status")));
    await as("writer", will("own/status"));
  });

  test("will: one that may not be written any more is not published", async (t) => {
    const { admin, as, rules } = await open(t);
    await admin.subscribe("#", 1);
    const writer = await as("writer", {
      will: { topic: "own/status", payload: Buffer.from("gone"), qos: 1 },
    });
    await rules([...RULES, { deny: ["publish"], users: ["writer"], topics: ["own/status"] }]);
    await writer.cut();
    await as("writer", { will: { topic: "own/other", payload: Buffer.from("gone"), qos: 1 } }).then((next) =>
      next.cut(),
    );
    assert.deepEqual(await receivedBefore(admin, "own/other"), []);
  });

  test("$SYS and its like are not written", async (t) => {
    const { admin, as } = await open(t);
    await admin.subscribe(["$SYS/#", "$other/#", "own/end"], 1).catch(() => undefined);
    const writer = await as("writer");
    const closed = writer.closed();
    writer.client.publish("$SYS/a", "x", { qos: 1 });
    await closed;
    const again = await as("writer");
    await again.publish("own/end", "x", 1);
    assert.deepEqual(await receivedBefore(admin, "own/end"), []);
  });

  test("restored session: what waited is not sent after the right to it has gone", async (t) => {
    const { admin, as, rules } = await open(t);
    const kept = { clientId: "kept", clean: false };
    const reader = await as("reader", kept);
    await reader.subscribe(["open/#"], 1);
    await reader.end();
    for (const topic of ["open/a", "open/b", "open/a"]) await admin.publish(topic, "x", 1);
    await rules([...RULES, { deny: ["subscribe"], users: ["reader"], topics: ["open/a"] }]);
    await admin.publish("open/a", "x", 1);
    await admin.publish("open/end", "x", 1);
    const back = await as("reader", kept);
    assert.deepEqual(await receivedBefore(back, "open/end"), ["open/b"]);
  });

  test("restored session: its subscriptions are judged again, also after a restart", async (t) => {
    const { server, admin, as } = await open(t);
    const reader = await as("admin", { clientId: "kept", clean: false });
    await reader.subscribe(["open/#", "closed/#"], 1);
    await reader.end();
    await admin.publish("closed/before", "x", 1);
    await server.stop();
    const directory = await accountsIn(t, ["admin", "other"], PASSWORD);
    const after = await startServer(t, {
      data: server.data,
      config: {
        accounts: { file: join(directory, "accounts") },
        rights: {
          rules: [
            { allow: ["subscribe"], users: ["admin"], topics: ["open/#"] },
            { allow: ["publish"], users: ["other"], topics: ["#"] },
          ],
        },
      },
    });
    const as2 = (user: string, options: object = {}) =>
      connect(t, after.mqttUrl, { username: user, password: PASSWORD, ...options });
    const other = await as2("other");
    await other.publish("closed/meanwhile", "x", 1);
    const back = await as2("admin", { clientId: "kept", clean: false });
    assert.equal(back.sessionPresent, true);
    for (const topic of ["closed/later", "open/end"]) await other.publish(topic, "x", 1);
    assert.deepEqual(await receivedBefore(back, "open/end"), []);
  });

  test("another's session: its client identifier is of no use to somebody else", async (t) => {
    const { admin, as } = await open(t);
    const kept = { clientId: "kept", clean: false };
    const reader = await as("reader", kept);
    await reader.subscribe("open/#", 1);
    await assert.rejects(as("writer", kept), /refused|rejected|identifier/i);
    await admin.publish("open/still-here", "x", 1);
    await reader.messages(1);
    await reader.end();
    await admin.publish("open/kept", "x", 1);
    await assert.rejects(as("writer", kept), /refused|rejected|identifier/i);
    const back = await as("reader", kept);
    assert.deepEqual(
      (await back.messages(1)).map(({ topic }) => topic),
      ["open/kept"],
    );
  });

  test("rights that change take hold of who is connected: subscriptions end, and nobody loses the rest", async (t) => {
    const { admin, as, rules } = await open(t);
    const reader = await as("reader");
    await reader.subscribe(["open/#"], 1);
    await admin.publish("open/a", "x", 1);
    await reader.messages(1);
    await rules([...RULES, { deny: ["subscribe"], users: ["reader"], topics: ["open/a"] }]);
    for (const topic of ["open/a", "open/end"]) await admin.publish(topic, "x", 1);
    assert.deepEqual(await receivedBefore(reader, "open/end"), ["open/a"]);
  });
});

describe("channels", () => {
  const channels = [
    { channel: "all", topics: ["#"], snapshot: true, history: { size: 100, ttl: "10m" }, presence: true },
    { channel: "open", topics: ["open/#"], snapshot: true },
  ];

  function listen(t: TestContext, client: Centrifuge, channel: string, options: object = {}) {
    const subscription = client.newSubscription(channel, options);
    t.after(() => subscription.unsubscribe());
    const topics: string[] = [];
    subscription.on("publication", ({ tags }) => topics.push(tags?.topic ?? ""));
    subscription.subscribe();
    return { subscription, topics };
  }

  async function heard(subscription: Subscription, topics: string[], topic: string): Promise<void> {
    while (!topics.includes(topic))
      await new Promise<void>((resolve) => subscription.once("publication", () => resolve()));
  }

  for (const channel of ["all", "mqtt:#"])
    test(`${channel}: live publications and the snapshot show what may be read`, async (t) => {
      const { admin, channel: clientOf } = await open(t, { channels });
      for (const topic of ["closed/old", "open/secret/old", "open/old"])
        await admin.publish(topic, "1", 1, true);
      const { subscription, topics } = listen(t, clientOf("reader"), channel);
      await subscription.ready();
      for (const topic of ["closed/a", "open/secret/a", "open/end"]) await admin.publish(topic, "1", 1);
      await heard(subscription, topics, "open/end");
      assert.deepEqual(topics, ["open/old", "open/end"]);
    });

  test("history shows what may be read", async (t) => {
    const { admin, channel: clientOf } = await open(t, { channels });
    const all = listen(t, clientOf("admin"), "all");
    await all.subscription.ready();
    for (const topic of ["closed/a", "open/secret/a", "open/b"]) await admin.publish(topic, "1", 1);
    await heard(all.subscription, all.topics, "open/b");
    const reader = listen(t, clientOf("reader"), "all");
    await reader.subscription.ready();
    const { publications } = await reader.subscription.history({ limit: 100 });
    assert.deepEqual(
      publications.map(({ tags }) => tags?.topic),
      ["open/b"],
    );
  });

  test("a channel of which nothing may be read is refused, and so is publishing without the right", async (t) => {
    const { channel: clientOf } = await open(t, { channels });
    const client = clientOf("writer");
    await client.ready();
    const refused = listen(t, client, "open");
    const { code } = await new Promise<{ code: number }>((resolve) =>
      refused.subscription.once("unsubscribed", resolve),
    );
    assert.equal(code, 103);
    await assert.rejects(client.publish("mqtt:closed/x", {}), { code: 103 });
    await client.publish("mqtt:own/x", {});
  });

  test("rights that change while a channel is watched", async (t) => {
    const { admin, rules, channel: clientOf } = await open(t, { channels });
    const { subscription, topics } = listen(t, clientOf("reader"), "all");
    await subscription.ready();
    await rules([...RULES, { deny: ["subscribe"], users: ["reader"], topics: ["open/a"] }]);
    await subscription.ready();
    for (const topic of ["open/a", "open/end"]) await admin.publish(topic, "1", 1);
    await heard(subscription, topics, "open/end");
    assert.deepEqual(topics, ["open/end"]);
    const lost = new Promise<{ code: number }>((resolve) => subscription.once("unsubscribed", resolve));
    await rules(RULES.slice(0, 1));
    assert.equal((await lost).code, 2001);
  });
});

test("REST: what a channel's own rule keeps for others is not had by a user with scopes and the rights to its topics", async (t) => {
  const { server, admin } = await open(t, {
    channels: [
      { channel: "staff", topics: ["open/#"], history: { size: 10 }, access: { history: ["admin"] } },
      { channel: "by-token", topics: ["open/#"], history: { size: 10 }, requireToken: true },
      { channel: "plain", topics: ["open/#"], history: { size: 10 } },
    ],
    scopes: [{ users: ["reader", "admin"], scopes: ["read"] }],
  });
  await admin.publish("open/a", "1", 1);
  const statusFor = async (user: string, channel: string) => {
    const authorization = `Basic ${Buffer.from(`${user}:${PASSWORD}`).toString("base64")}`;
    const url = `${server.httpUrl}/api/v1/channels/${channel}/history?limit=5`;
    return (await fetch(url, { headers: { authorization } })).status;
  };
  assert.equal(await statusFor("reader", "plain"), 200);
  assert.equal(await statusFor("reader", "staff"), 403);
  assert.equal(await statusFor("admin", "staff"), 200);
  assert.equal(await statusFor("reader", "by-token"), 403);
});
