import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { by, CARRIERS, type Carrier } from "./support/carrier.js";
import { connectClient, Listening } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { RawClient } from "./support/raw-client.js";
import { startServer } from "./support/server.js";
import type { UserRules } from "./support/test-gate.js";
import { TestGate } from "./support/test-gate.js";
import { TestTokens } from "./support/test-tokens.js";

/* Who may do what in a channel, by every transport. */

const device = {
  channel: "device:{id}",
  topics: ["devices/{id}/#"],
  publish: { topic: "devices/{id}/commands", qos: 1 as const, retain: false },
  request: {
    topic: "devices/{id}/requests/{requestId}",
    response: "devices/{id}/answers/{requestId}",
    qos: 0 as const,
    timeout: 2_000,
    maxPending: 10,
  },
  history: { size: 10, ttl: 60_000 },
  presence: true,
};
const staff = {
  ...device,
  channel: "staff:{id}",
  access: { subscribe: ["ann", "op-*"], publish: ["ann"], presence: ["*"], history: ["ann"], rpc: ["ann"] },
};

const ACTIONS = ["subscribe", "publish", "presence", "history", "rpc"] as const;
type Action = (typeof ACTIONS)[number];
type Can = Readonly<Partial<Record<Action, boolean>>>;

const all: Can = { subscribe: true, publish: true, presence: true, history: true, rpc: true };
const none: Can = {};
const reading: Can = { subscribe: true, presence: true, history: true };

interface Case {
  readonly what: string;
  readonly channel: string;
  /** Undefined: the server knows no rules. */
  readonly rules: UserRules | undefined;
  readonly user?: string;
  /** With a subscription token. */
  readonly granted?: boolean;
  readonly can: Can;
}

const device7 = "device:7";
const topics = { publish: ["devices/7/#"], subscribe: ["devices/7/#"] };
const cases: Case[] = [
  { what: "without rules everything goes", channel: device7, rules: undefined, can: all },
  { what: "without a rule nothing does", channel: device7, rules: {}, can: none },
  { what: "the rights to the topics are those to the channel", channel: device7, rules: topics, can: all },
  {
    what: "who may read may not write",
    channel: device7,
    rules: { subscribe: ["devices/+/#"] },
    can: reading,
  },
  {
    what: "who may write may not read",
    channel: device7,
    rules: { publish: ["devices/7/commands"] },
    can: { publish: true },
  },
  {
    what: "requests are published to another topic",
    channel: device7,
    rules: { publish: ["devices/7/requests/+"] },
    can: { rpc: true },
  },
  { what: "another device's topics do not count", channel: "device:8", rules: topics, can: none },
  {
    what: "a rule for the channel allows what the topics do not",
    channel: device7,
    rules: { channels: ["subscribe device:7", "publish device:7"] },
    can: { subscribe: true, publish: true },
  },
  {
    what: "a rule for the channel denies what the topics allow",
    channel: device7,
    rules: { ...topics, channels: ["-publish device:7", "-history device:7", "-presence device:7"] },
    can: { subscribe: true, rpc: true },
  },
  {
    what: "a subscription token allows to subscribe, and to see who is there and what was",
    channel: device7,
    rules: {},
    granted: true,
    can: reading,
  },
  {
    what: "a subscription token does not overcome a denial",
    channel: device7,
    rules: { channels: ["-subscribe device:7", "-history device:7"] },
    granted: true,
    can: {},
  },
  { what: "who is named by the channel's rule may", channel: "staff:7", rules: {}, can: all },
  {
    what: "who is not named by it may not, whatever the topics say",
    channel: "staff:7",
    rules: topics,
    user: "bob",
    can: { presence: true },
  },
  {
    what: "a form of names is in it, too",
    channel: "staff:7",
    rules: undefined,
    user: "op-1",
    can: { subscribe: true, presence: true },
  },
  { what: "nobody in particular is not everybody", channel: "staff:7", rules: topics, user: "", can: none },
  {
    what: "every topic filter is a channel, with the rights to its topics",
    channel: "mqtt:devices/7/commands",
    rules: { subscribe: ["devices/#"] },
    can: { subscribe: true, presence: true, history: true },
  },
  {
    what: "and is published to as its topic is",
    channel: "mqtt:devices/7/commands",
    rules: { publish: ["devices/+/commands"] },
    can: { publish: true },
  },
];

async function canIn(t: TestContext, carrier: Carrier, { channel, rules, user = "ann", granted }: Case) {
  const gate = new TestGate(rules === undefined ? undefined : { [user]: rules });
  const { url, bus } = await startServer(t, { channels: [device, staff], gate });
  // A device that answers every request.
  bus.subscribe("devices/+/requests/+", ({ topic }) => bus.send(topic.replace("requests", "answers"), "1"));
  const [endpoints, options] = by(carrier, new URL(url).host);
  const token = user === "" ? "" : TestTokens.connection({ user });
  const client = await connectClient(t, endpoints, { ...options, token });
  const grant = granted ? { token: TestTokens.subscription({ user, channel }) } : {};
  const did = (attempt: Promise<unknown>): Promise<number> =>
    attempt.then(
      () => 0,
      (error) => error.code,
    );
  const subscribe = await Listening.begin(client, channel, grant).then(
    () => 0,
    (error) => Number.parseInt(error.message, 10),
  );
  const codes: Record<Action, number> = {
    subscribe,
    publish: await did(client.publish(channel, 1)),
    presence: await did(client.presence(channel)),
    history: await did(client.history(channel, { limit: 10 })),
    rpc: await did(client.rpc("request", { channel, data: 1 })),
  };
  const sent = bus.published.filter(({ topic }) => topic.endsWith("/commands"));
  assert.equal(sent.length, codes.publish === 0 ? 1 : 0, "what is denied is not published");
  return codes;
}

/** The built-in channels have no presence, no history and no requests: asking for those tells whether it was let through. */
function expected({ channel, can }: Case): Record<Action, number> {
  const isBuiltIn = channel.startsWith("mqtt:");
  const code = (action: Action, done: number): number => (can[action] ? done : 103);
  const unserved = isBuiltIn ? 108 : 0;
  return {
    subscribe: code("subscribe", 0),
    publish: code("publish", 0),
    presence: code("presence", unserved),
    history: code("history", unserved),
    rpc: isBuiltIn ? unserved : code("rpc", 0),
  };
}

for (const carrier of CARRIERS)
  describe(`over ${carrier}`, () => {
    for (const one of cases)
      test(one.what, async (t) => {
        const codes = await canIn(t, carrier, one);
        assert.deepEqual(codes, expected(one));
      });
  });

test("what is denied is counted and logged, and the client is not told of topics", async (t) => {
  const gate = new TestGate({ ann: { subscribe: ["devices/7/#"] } });
  const { url, gateway, log } = await startServer(t, { channels: [device], gate });
  const client = await connectClient(t, url, { token: TestTokens.connection({ user: "ann" }) });
  const denied = await client.publish("device:7", "s3cr3t").catch((error) => error);
  assert.equal(denied.message, 'permission denied: no right to publish to "device:7"');
  assert.deepEqual(gateway.stats().denied, { subscribe: 0, publish: 1, presence: 0, history: 0, rpc: 0 });
  const line = log.find(({ msg }) => msg === "denied for want of rights");
  assert.deepEqual([line?.user, line?.action, line?.channel], ["ann", "publish", "device:7"]);
  assert.ok(!JSON.stringify(log).includes("s3cr3t"));
});

test("who may not see who is there hears of nobody, and is seen all the same", async (t) => {
  const gate = new TestGate({
    ann: { subscribe: ["devices/#"], channels: ["-presence device:7"] },
    bob: { subscribe: ["devices/#"] },
  });
  const { url, bus } = await startServer(t, { channels: [device], gate });
  const connect = (user: string) => connectClient(t, url, { token: TestTokens.connection({ user }) });
  const heard: string[] = [];
  const ann = await Listening.begin(await connect("ann"), "device:7", { joinLeave: true });
  ann.subscription.on("join", ({ info }) => heard.push(`ann: ${info.user}`));
  const bob = await Listening.begin(await connect("bob"), "device:7", { joinLeave: true });
  bob.subscription.on("join", ({ info }) => heard.push(`bob: ${info.user}`));
  assert.deepEqual(
    Object.values((await bob.subscription.presence()).clients)
      .map(({ user }) => user)
      .sort(),
    ["ann", "bob"],
  );
  await Listening.begin(await connect("bob"), "device:7");
  bus.send("devices/7/a", "1");
  await Promise.all([ann.received(1), bob.received(1)]);
  await eventually(() => heard.includes("bob: bob"), "bob heard of it");
  assert.deepEqual(
    heard.filter((one) => one.startsWith("ann")),
    [],
  );
});

test("channels that a connection token names are the server's choice, which a denial alone overcomes", async (t) => {
  const gate = new TestGate({ ann: { channels: ["-subscribe device:8"] } });
  const { url } = await startServer(t, { channels: [device], gate });
  const token = TestTokens.connection({ user: "ann", channels: ["device:7", "device:8"] });
  const subscribed: string[] = [];
  await connectClient(t, url, { token }, (client) =>
    client.on("subscribed", ({ channel }) => subscribed.push(channel)),
  );
  assert.deepEqual(subscribed, ["device:7"]);
});

test("how often a session may subscribe has a rate; what is over it is refused for now, and counted", async (t) => {
  const { url, gateway } = await startServer(t, { rates: { subscribeRate: 1 / 60 } });
  const client = await RawClient.connect(t, url);
  const codes: unknown[] = [];
  for (const [id, channel] of [
    [2, "a"],
    [3, "b"],
    [4, "a"],
  ] as const) {
    client.command({ id, subscribe: { channel: `mqtt:${channel}` } });
    const { error } = (await client.reply(id)) as { error?: { code: number; temporary?: boolean } };
    codes.push(error && [error.code, error.temporary]);
  }
  assert.deepEqual(codes, [undefined, [111, true], [111, true]]);
  assert.equal(gateway.stats().overRate, 2);
  client.command({ id: 5, unsubscribe: { channel: "mqtt:a" } });
  assert.equal((await client.reply(5)).error, undefined);
});

test("the reference client is subscribed to all it wants, however low limits.subscribeRate is", async (t) => {
  const { url, gateway } = await startServer(t, { rates: { subscribeRate: 2 } });
  const client = await connectClient(t, url);
  const subscriptions = ["a", "b", "c", "d"].map((name) => client.newSubscription(`mqtt:${name}`));
  for (const subscription of subscriptions) subscription.subscribe();
  await Promise.all(subscriptions.map((subscription) => subscription.ready()));
  assert.ok(gateway.stats().overRate > 0);
});

test("what a client may publish has a rate; what is over it is refused for now, and counted", async (t) => {
  const { url, gateway, bus } = await startServer(t, { rates: { messageRate: 1 / 60 } });
  const client = await connectClient(t, url);
  const codes: number[] = [];
  for (let n = 0; n < 3; n++)
    await client.publish("mqtt:a", n).catch(({ code, temporary }) => codes.push(code, Number(temporary)));
  assert.deepEqual(codes, [111, 1, 111, 1]);
  assert.equal(gateway.stats().overRate, 2);
  assert.equal(bus.published.length, 1);
});
