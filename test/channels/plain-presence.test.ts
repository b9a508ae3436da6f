import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Watcher } from "../../src/gateway/watcher.js";
import { connectClient, Listening } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { type Frame, faultOf, PlainClient, token } from "./support/plain-client.js";
import { startServer, type TestOptions } from "./support/server.js";
import { TestTokens } from "./support/test-tokens.js";

/* Who is there, as bare WebSockets see it and are seen. */

interface Roster {
  readonly member?: Entry;
  readonly members: readonly Entry[];
  readonly count: number;
}
interface Entry {
  readonly uuid: string;
  readonly user: string;
  readonly verified: boolean;
  readonly client: string;
}

async function start(t: TestContext, options: TestOptions = {}) {
  const channels = [
    { channel: "room", topics: ["room/#"], presence: true, snapshot: true },
    { channel: "hall", topics: ["hall/#"] },
  ];
  return startServer(t, { channels, tokens: new TestTokens(), ...options });
}

const rosterOf = (frame: Frame | undefined): Roster => frame?.data as Roster;
const users = (frame: Frame | undefined): string[] => rosterOf(frame).members.map(({ user }) => user);
const told = (client: PlainClient): unknown[] =>
  client.all.map((frame) => [frame.event, rosterOf(frame).member?.user, users(frame)]);

test("who comes is told who is there, and the others that it came and left", async (t) => {
  const { plainUrl } = await start(t);
  const ann = await PlainClient.open(t, `${plainUrl("room")}?presence=1&user=ann&uuid=u1`);
  await ann.frames(2);
  const bob = await PlainClient.open(t, `${plainUrl("room")}?presence=true&user=bob&uuid=u2`);
  await bob.frames(2);
  await bob.close();
  await ann.frames(4);
  assert.deepEqual(told(bob), [
    ["system:member_list", undefined, ["ann", "bob"]],
    ["system:member_joined", "bob", ["ann", "bob"]],
  ]);
  assert.deepEqual(told(ann), [
    ["system:member_list", undefined, ["ann"]],
    ["system:member_joined", "ann", ["ann"]],
    ["system:member_joined", "bob", ["ann", "bob"]],
    ["system:member_left", "bob", ["ann"]],
  ]);
  const [list] = await bob.frames(1);
  assert.deepEqual(
    rosterOf(list).members.map(({ client: _, ...rest }) => rest),
    [
      { uuid: "u1", user: "ann", verified: false },
      { uuid: "u2", user: "bob", verified: false },
    ],
  );
});

test("a socket that dies leaves, too", async (t) => {
  const { plainUrl } = await start(t);
  const ann = await PlainClient.open(t, `${plainUrl("room")}?presence=1`);
  const bob = await PlainClient.open(t, `${plainUrl("room")}?presence=1&uuid=u2`);
  bob.raw.socket.terminate();
  const [left] = await ann.frames(1, "system:member_left");
  assert.deepEqual([rosterOf(left).member?.uuid, rosterOf(left).count], ["u2", 1]);
});

test("the token says who somebody is; a name in the URL is only a name", async (t) => {
  const { plainUrl } = await start(t);
  const jwt = token({ user: "ann", info: { face: "a.png" } });
  const ann = await PlainClient.open(t, `${plainUrl("room")}?presence=1&jwt=${jwt}&user=eve`);
  await ann.frames(1);
  const eve = await PlainClient.open(t, `${plainUrl("room")}?presence=1&user=ann`);
  await PlainClient.open(t, `${plainUrl("room")}?presence=1`);
  const [, , nobody] = await eve.frames(3);
  assert.deepEqual(
    rosterOf(nobody).members.map(({ uuid: _, client: __, ...rest }) => rest),
    [
      { user: "ann", verified: true, conn_info: { face: "a.png" } },
      { user: "ann", verified: false },
      { user: "anonymous", verified: false },
    ],
  );
});

test("members of both protocols see each other", async (t) => {
  const { plainUrl, url } = await start(t);
  const client = await connectClient(t, url, { token: TestTokens.connection({ user: "ann" }) });
  const { subscription } = await Listening.begin(client, "room");
  const jwt = token({ user: "bob" });
  const bob = await PlainClient.open(t, `${plainUrl("room")}?presence=1&jwt=${jwt}&uuid=u2`);
  const [list, joined] = await bob.frames(2);
  assert.deepEqual(users(list), ["ann", "bob"]);
  const [ann, self] = rosterOf(list).members;
  assert.equal(ann?.uuid, ann?.client, "a session of the channel protocol goes by its client's identifier");
  assert.equal(self?.uuid, "u2");
  assert.deepEqual(rosterOf(joined).member, self);
  const { clients } = await subscription.presence();
  assert.deepEqual(
    Object.values(clients)
      .map(({ user }) => user)
      .sort(),
    ["ann", "bob"],
  );
  subscription.unsubscribe();
  const [left] = await bob.frames(1, "system:member_left");
  assert.deepEqual([rosterOf(left).member?.user, users(left)], ["ann", ["bob"]]);
});

test("joins and leaves of bare WebSockets reach those who asked for them over the channel protocol", async (t) => {
  const { plainUrl, url } = await start(t);
  const client = await connectClient(t, url);
  const subscription = client.newSubscription("room", { joinLeave: true });
  const seen: string[] = [];
  subscription.on("join", ({ info }) => seen.push(`join ${info.user}`));
  subscription.on("leave", ({ info }) => seen.push(`leave ${info.user}`));
  subscription.subscribe();
  await eventually(() => seen.length === 1, "it joined itself");
  const bob = await PlainClient.open(t, `${plainUrl("room")}?presence=1&jwt=${token({ user: "bob" })}`);
  await PlainClient.open(t, `${plainUrl("room")}?jwt=${token({ user: "unseen" })}`);
  await PlainClient.open(t, `${plainUrl("room")}?presence=1&user=claimed`);
  await bob.close();
  await eventually(() => seen.length === 4, "all were told");
  assert.deepEqual(seen, ["join ", "join bob", "join ", "leave bob"]);
});

test("the member list comes before the last values", async (t) => {
  const { plainUrl, bus } = await start(t);
  bus.send("room/a", "1");
  const ann = await PlainClient.open(t, `${plainUrl("room")}?presence=1`);
  const frames = await ann.frames(3);
  assert.deepEqual(
    frames.map(({ event }) => event),
    ["system:member_list", "system:member_joined", "message"],
  );
});

test("without presence nothing is told, and nobody told of", async (t) => {
  const { plainUrl, bus, gateway } = await start(t);
  const ann = await PlainClient.open(t, `${plainUrl("room")}?presence=1`);
  const quiet = await PlainClient.open(t, plainUrl("room"));
  await eventually(() => gateway.stats().plainSessions === 2, "both are there");
  bus.send("room/a", "1");
  const [first] = await quiet.frames(1);
  assert.equal(first?.event, "message");
  const events = (await ann.frames(3)).map(({ event }) => event);
  assert.deepEqual(events, ["system:member_list", "system:member_joined", "message"]);
});

test("a channel whose rule has no presence says so to those who ask for it", async (t) => {
  const { plainUrl, bus } = await start(t);
  const ann = await PlainClient.open(t, `${plainUrl("hall")}?presence=1`);
  await ann.frames(1);
  bus.send("hall/a", "1");
  const [error, message] = await ann.frames(2);
  assert.equal(faultOf(error).code, 108);
  assert.equal(message?.event, "message");
});

test("in a large channel a hundred are named, and joins and leaves are not told", async (t) => {
  const { plainUrl, gateway } = await start(t);
  const silent = await Promise.all(
    Array.from({ length: 100 }, (_, n) => PlainClient.open(t, `${plainUrl("room")}?presence=1&uuid=u${n}`)),
  );
  await eventually(() => gateway.stats().subscriptions === 100, "all are there");
  const late = await PlainClient.open(t, `${plainUrl("room")}?presence=1&uuid=late`);
  const [list] = await late.frames(1);
  assert.deepEqual([rosterOf(list).members.length, rosterOf(list).count], [100, 101]);
  await silent[0]?.close();
  const [left] = await late.frames(1, "system:member_left");
  assert.deepEqual(
    [rosterOf(left).member?.uuid, rosterOf(left).members.length, rosterOf(left).count],
    ["u0", 100, 100],
  );
  assert.ok(
    rosterOf(left).members.some(({ uuid }) => uuid === "late"),
    "the list is whole again",
  );
  assert.deepEqual(late.all.length, 2);
});

test("rooms are occupied and vacated by bare WebSockets, and the watcher is told of sessions", async (t) => {
  const seen: string[] = [];
  const userOf = (info: object): string => (info as { user: string }).user;
  const watcher: Watcher = {
    clientConnected: ({ user }) => seen.push(`connected ${user}`),
    clientDisconnected: ({ user }) => seen.push(`disconnected ${user}`),
    channelOccupied: (channel) => seen.push(`occupied ${channel}`),
    channelVacated: (channel) => seen.push(`vacated ${channel}`),
    memberJoined: (channel, info) => seen.push(`${userOf(info)} joined ${channel}`),
    memberLeft: (channel, info) => seen.push(`${userOf(info)} left ${channel}`),
  };
  const { plainUrl } = await start(t, { watcher });
  const ann = await PlainClient.open(t, `${plainUrl("room")}?presence=1&jwt=${token({ user: "ann" })}`);
  await ann.frames(2);
  await ann.close();
  await eventually(() => seen.includes("disconnected ann"), "the session ended");
  assert.deepEqual(seen, [
    "connected ann",
    "occupied room",
    "ann joined room",
    "ann left room",
    "vacated room",
    "disconnected ann",
  ]);
});

test("the first message says that it is connected, for clients that want it", async (t) => {
  const { plainUrl } = await start(t);
  const ann = await PlainClient.open(t, `${plainUrl("room")}?be=1&presence=1`);
  const frames = await ann.frames(2);
  assert.deepEqual([frames[0], frames[1]?.event], [{ event: "system:boot" }, "system:member_list"]);
});
