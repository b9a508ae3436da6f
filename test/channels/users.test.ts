import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { connectClient } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { Gate } from "./support/gate.js";
import { startServer } from "./support/server.js";
import type { Tokens } from "./support/test-tokens.js";

/* What the operator does to the sessions of a user, as the reference client sees it. */

/** A token is the user's name. */
const tokens: Tokens = {
  verifyConnection: async (token) => ({ user: token, channels: [] }),
  verifySubscription: () => Promise.reject(new Error("not here")),
};

async function start(t: TestContext) {
  const server = await startServer(t, {
    tokens,
    channels: [{ channel: "own", topics: ["own/#"], snapshot: true }],
  });
  const ann = await connectClient(t, server.url, { token: "ann" });
  const bob = await connectClient(t, server.url, { token: "bob" });
  return { ...server, ann, bob, users: server.gateway.users };
}

const ANN = { user: "ann", session: undefined };

test("a user is subscribed, and gets what is there and what comes", async (t) => {
  const { ann, bob, users, bus } = await start(t);
  bus.send("own/a", "1");
  const heard: unknown[] = [];
  ann.on("publication", ({ data }) => heard.push(data));
  bob.on("subscribed", () => heard.push("bob was subscribed"));
  const subscribed = once(ann as never, "subscribed");
  assert.equal(await users.subscribe(ANN, "own"), 1);
  await subscribed;
  bus.send("own/b", "2");
  await eventually(() => heard.length >= 2, "both publications came");
  assert.deepEqual(heard, [1, 2]);
  assert.equal(await users.subscribe(ANN, "own"), 1, "once more, which changes nothing");
  await assert.rejects(users.subscribe(ANN, "nothing"), /no rule makes a channel "nothing"/);
});

test("a user is unsubscribed from what the server or the client chose", async (t) => {
  const { ann, users } = await start(t);
  await users.subscribe(ANN, "own");
  const gone = once(ann as never, "unsubscribed");
  assert.equal(users.unsubscribe(ANN, "own", {}), 1);
  await gone;
  const subscription = ann.newSubscription("mqtt:x");
  subscription.subscribe();
  await subscription.ready();
  const ended = once(subscription as never, "unsubscribed");
  assert.equal(users.unsubscribe(ANN, "mqtt:x", { reason: "no more" }), 1);
  assert.deepEqual(await ended, [{ channel: "mqtt:x", code: 2000, reason: "no more" }]);
  assert.equal(users.unsubscribe(ANN, "mqtt:x", {}), 0);
});

test("an unsubscribe code from 2500 on has the client subscribe again", async (t) => {
  const { ann, users } = await start(t);
  const subscription = ann.newSubscription("mqtt:x", { minResubscribeDelay: 10 });
  subscription.subscribe();
  await subscription.ready();
  const again = once(subscription as never, "subscribed");
  users.unsubscribe(ANN, "mqtt:x", { code: 2_500 });
  await again;
});

test("the code says so too of a subscription that has not begun yet", async (t) => {
  const { ann, users, bus } = await start(t);
  for (const [code, again] of [
    [2_500, true],
    [2_000, false],
  ] as const) {
    const gate = new Gate();
    bus.beforeRetained = gate.pass;
    const delays = { minResubscribeDelay: 1, maxResubscribeDelay: 10 };
    const subscription = ann.newSubscription(`mqtt:slow/${code}`, delays);
    const settled = new Promise((resolve) => {
      subscription.on("subscribed", () => resolve(true)).on("unsubscribed", () => resolve(false));
    });
    subscription.subscribe();
    await gate.reached;
    assert.equal(users.unsubscribe(ANN, subscription.channel, { code }), 1);
    gate.open();
    assert.equal(await settled, again);
  }
});

test("a message reaches the user's sessions and no others", async (t) => {
  const { ann, bob, users } = await start(t);
  const heard: unknown[] = [];
  bob.on("message", () => heard.push("bob heard it"));
  ann.on("message", ({ data }) => heard.push(data));
  assert.equal(users.send(ANN, '{\n"big": 1234567890123456,\r\n"text": "a\\nb"}'), 1);
  await eventually(() => heard.length > 0, "the message came");
  assert.deepEqual(heard, [{ big: 1234567890123456, text: "a\nb" }]);
});

test("a disconnected user stays away, or comes back when the code says so", async (t) => {
  const { ann, bob, users } = await start(t);
  const back = once(bob as never, "connected");
  assert.equal(users.disconnect({ user: "bob", session: undefined }, { code: 3_011 }), 1);
  await back;
  const gone = once(ann as never, "disconnected");
  assert.equal(users.disconnect(ANN, { reason: "account closed" }), 1);
  assert.deepEqual(await gone, [{ code: 3_503, reason: "account closed" }]);
});

test("a session is singled out by its identifier", async (t) => {
  const { ann, users, url } = await start(t);
  const other = await connectClient(t, url, { token: "ann" });
  const heard: string[] = [];
  ann.on("message", () => heard.push("first"));
  other.on("message", () => heard.push("second"));
  const { client } = await new Promise<{ client: string }>((resolve) => {
    other.once("connected", resolve);
    other.disconnect();
    other.connect();
  });
  assert.equal(users.send({ user: "ann", session: client }, "1"), 1);
  assert.equal(users.send({ user: "bob", session: client }, "1"), 0);
  await eventually(() => heard.length > 0, "the message came");
  assert.deepEqual(heard, ["second"]);
});

test("a user's time can be ended", async (t) => {
  const server = await startServer(t, { tokens, gateway: { expiryGrace: 0 } });
  const client = await connectClient(t, server.url, { token: "ann" });
  const ended = once(client as never, "connecting");
  assert.equal(server.gateway.users.refresh(ANN, 1), 1);
  const [{ code, reason }] = await ended;
  assert.deepEqual({ code, reason }, { code: 3_005, reason: "connection expired" });
});
