import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import type { PieChannel } from "piesocket-js";
import { connectClient, Listening } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { type Pem, pieCertificate, pieSocket } from "./support/piesocket.js";
import { token } from "./support/plain-client.js";
import { startServer, type TestOptions } from "./support/server.js";
import { TestTokens } from "./support/test-tokens.js";

/* PieSocket's client for JavaScript, as it comes, in Node. */

const channels = [
  {
    channel: "room-{id}",
    topics: ["rooms/{id}/#"],
    publish: { topic: "rooms/{id}/said", qos: 0 as const, retain: false },
    presence: true,
  },
  { channel: "private-{id}", topics: ["private/{id}"], requireToken: true },
];

let tls: Pem;
before(async () => {
  tls = await pieCertificate({ after });
});

async function start(t: TestContext, options: TestOptions = {}) {
  const server = await startServer(t, { channels, tls, tokens: new TestTokens(), ...options });
  const connect = (more: object = {}) =>
    pieSocket(t, tls.ca, { clusterDomain: `127.0.0.1:${server.port}`, apiKey: "any", ...more });
  return { ...server, connect };
}

/** What listeners were told. */
function heard(channel: PieChannel, ...events: string[]): unknown[][] {
  const told: unknown[][] = [];
  for (const event of events) channel.listen(event, (...args) => told.push([event, ...args]));
  return told;
}

test("what one client publishes another hears, with its event, data and meta", async (t) => {
  const { connect, bus } = await start(t);
  const ann = await (await connect()).subscribe("room-1");
  const bob = await (await connect()).subscribe("room-1");
  const toAnn = heard(ann, "*");
  const toBob = heard(bob, "client-typing", "other");
  await ann.publish("client-typing", { who: "ann" }, { n: 1 });
  await bob.publish("answer", "yes");
  await eventually(() => toAnn.length === 1 && toBob.length === 1, "both heard");
  const [event, data, meta] = toBob[0] ?? [];
  const { time, ...rest } = meta as { time: number };
  assert.deepEqual([event, data, rest], ["client-typing", { who: "ann" }, { n: 1, topic: "rooms/1/said" }]);
  assert.equal(typeof time, "number");
  assert.deepEqual(toAnn[0]?.slice(0, 3), ["*", "answer", "yes"], "and nothing of its own");
  assert.deepEqual(
    bus.published.map(({ topic, payload }) => [topic, payload.toString()]),
    [
      ["rooms/1/said", '{"who":"ann"}'],
      ["rooms/1/said", "yes"],
    ],
  );
});

test("with notifySelf a client hears itself", async (t) => {
  const { connect } = await start(t);
  const ann = await (await connect({ notifySelf: true })).subscribe("room-1");
  const told = heard(ann, "hello");
  await ann.publish("hello", [1, 2]);
  await eventually(() => told.length === 1, "it heard itself");
  assert.deepEqual(told[0]?.slice(0, 2), ["hello", [1, 2]]);
});

test("a device and a client of the channel protocol are heard as messages, and hear", async (t) => {
  const { connect, bus, url } = await start(t);
  const ann = await (await connect()).subscribe("room-1");
  const told = heard(ann, "message");
  const client = await connectClient(t, url, { websocket: globalThis.WebSocket });
  const listening = await Listening.begin(client, "room-1");
  bus.send("rooms/1/temperature", '{"c":21.5}');
  await listening.subscription.publish({ from: "bob" });
  await ann.publish("relay", { on: true });
  await listening.received(3);
  await eventually(() => told.length === 2, "it heard both");
  assert.deepEqual(
    told.map(([, data, meta]) => [data, (meta as { topic: string }).topic]),
    [
      [{ c: 21.5 }, "rooms/1/temperature"],
      [{ from: "bob" }, "rooms/1/said"],
    ],
  );
  assert.deepEqual(listening.values, [{ c: 21.5 }, { from: "bob" }, { on: true }]);
});

test("presence: who is there, who comes and who leaves", async (t) => {
  const { connect } = await start(t);
  const ann = await (await connect({ presence: 1, userId: "ann" })).subscribe("room-1");
  const told = heard(ann, "system:member_joined", "system:member_left");
  const clientOfBob = await connect({ presence: true, jwt: token({ user: "bob" }) });
  const bob = await clientOfBob.subscribe("room-1");
  await eventually(() => bob.members.length === 2 && ann.members.length === 2, "they see each other");
  assert.deepEqual(
    bob.members.map(({ user }) => user),
    ["ann", "bob"],
  );
  assert.equal(bob.getCurrentMember()?.user, "bob");
  assert.equal(bob.getMemberByUUID(ann.uuid)?.user, "ann");
  clientOfBob.unsubscribe("room-1");
  await eventually(() => ann.members.length === 1, "bob left");
  assert.deepEqual(
    told.map(([event, data]) => [event, (data as { member: { user: string } }).member.user]).slice(-2),
    [
      ["system:member_joined", "bob"],
      ["system:member_left", "bob"],
    ],
  );
});

test("a subscribe that is refused is rejected, and not tried again", async (t) => {
  const { connect, gateway } = await start(t, { apiKeys: ["a-key-of-sufficient-length"] });
  await assert.rejects(async () => (await connect()).subscribe("room-1"), /^Failed to make websocket/);
  await assert.rejects(async () => (await connect({ jwt: "broken" })).subscribe("room-1"), /^Failed to/);
  const ann = await (await connect({ apiKey: "a-key-of-sufficient-length" })).subscribe("room-1");
  assert.ok(ann.uuid);
  assert.deepEqual([gateway.stats().refused, gateway.stats().plainSessions], [2, 1]);
});

test("a channel that requires a token is open to a jwt for it", async (t) => {
  const { connect, bus } = await start(t);
  const jwt = token({ user: "ann", channel: "private-1" });
  const ann = await (await connect({ jwt })).subscribe("private-1");
  const told = heard(ann, "message");
  bus.send("private/1", "1");
  await eventually(() => told.length === 1, "it heard");
  await assert.rejects(async () => (await connect({ jwt })).subscribe("private-2"), /^Failed to make/);
});

test("after a code that invites it, the client is back at once, and listens as before", async (t) => {
  const { connect, gateway, bus } = await start(t);
  const ann = await (await connect({ jwt: token({ user: "ann" }), presence: 1 })).subscribe("room-1");
  const told = heard(ann, "message");
  gateway.users.disconnect({ user: "ann", session: undefined }, { code: 3011 });
  await eventually(() => gateway.stats().opened === 2, "it is back");
  await eventually(() => ann.getCurrentMember()?.user === "ann", "it is a member again");
  bus.send("rooms/1/x", "1");
  await eventually(() => told.length === 1, "it hears");
});

test("after a code that forbids it, and when the token is over, the client stays away", async (t) => {
  const { connect, gateway } = await start(t);
  const ann = await (await connect({ jwt: token({ user: "ann" }) })).subscribe("room-1");
  const ben = await (await connect({ jwt: token({ expiresAt: Date.now() + 2_000 }) })).subscribe("room-1");
  const told: unknown[] = [];
  for (const channel of [ann, ben]) {
    channel.listen("system:error", ({ code }: { code: number }) => told.push(code));
    channel.on("close", ({ code }: { code: number }) => told.push(`closed ${code}`));
  }
  gateway.users.disconnect({ user: "ann", session: undefined }, {});
  await eventually(() => told.length === 4, "both were closed");
  assert.deepEqual(told, [3503, "closed 3503", 3005, "closed 3005"]);
  // The client would have tried before the close event was told.
  await (await connect()).subscribe("room-1");
  assert.equal(gateway.stats().opened, 3);
});

test("an event of the server's own is refused, and the client goes on", async (t) => {
  const { connect, gateway } = await start(t);
  const ann = await (await connect({ notifySelf: 1 })).subscribe("room-1");
  const told = heard(ann, "system:error", "fine");
  await ann.publish("system:video_request", { from: ann.uuid });
  await ann.publish("fine", 1);
  await eventually(() => told.length === 2, "both were answered");
  assert.deepEqual(
    told.map(([event]) => event),
    ["system:error", "fine"],
  );
  assert.equal(gateway.stats().plainSessions, 1);
});
