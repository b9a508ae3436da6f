import assert from "node:assert/strict";
import { test } from "node:test";
import type { Member } from "../../../src/gateway/member.js";
import type { RoomEvent } from "../../../src/gateway/room-event.js";
import { Rooms, type Stay } from "../../../src/gateway/rooms.js";
import { nobody } from "../../../src/gateway/watcher.js";

function setUp() {
  const told: string[] = [];
  const clientOf = (info: object): unknown => (info as { client?: unknown }).client;
  const rooms = new Rooms({
    ...nobody,
    channelOccupied: (channel) => told.push(`${channel} occupied`),
    channelVacated: (channel) => told.push(`${channel} vacated`),
    memberJoined: (channel, info) => told.push(`${clientOf(info)} joined ${channel}`),
    memberLeft: (channel, info) => told.push(`${clientOf(info)} left ${channel}`),
  });
  const heard = new Map<string, string[]>();
  const stay = (client: string, { present = true, listens = false, user = "" } = {}): Stay => {
    const member: Member = { client, user };
    const note =
      (what: string) =>
      (event: RoomEvent): void => {
        heard.set(client, [...(heard.get(client) ?? []), `${event.member.client} ${what}`]);
      };
    return {
      member,
      present,
      listener: listens ? { joined: note("joined"), left: note("left") } : undefined,
    };
  };
  return { rooms, told, heard, stay };
}

test("a channel is occupied by the first and vacated by the last", () => {
  const { rooms, told, stay } = setUp();
  const [a, b] = [stay("a"), stay("b")];
  rooms.enter("c", a);
  rooms.enter("c", b);
  rooms.leave("c", a);
  rooms.leave("c", b);
  assert.deepEqual(told, ["c occupied", "a joined c", "b joined c", "a left c", "b left c", "c vacated"]);
  assert.deepEqual([...rooms.occupied()], []);
});

test("those who listen hear of everybody who is present, themselves included when they come", () => {
  const { rooms, heard, stay } = setUp();
  const listener = stay("listener", { listens: true });
  const silent = stay("silent");
  rooms.enter("c", silent);
  rooms.enter("c", listener);
  const guest = stay("guest");
  rooms.enter("c", guest);
  rooms.enter("other", stay("elsewhere"));
  rooms.leave("c", guest);
  rooms.leave("c", listener);
  assert.deepEqual(heard.get("listener"), ["listener joined", "guest joined", "guest left"]);
  assert.equal(heard.size, 1);
});

test("who is not present occupies a channel and is not shown", () => {
  const { rooms, told, stay } = setUp();
  const hidden = stay("hidden", { present: false });
  rooms.enter("c", hidden);
  assert.deepEqual([rooms.members("c"), rooms.size("c"), rooms.subscribers("c")], [[], 0, 1]);
  assert.deepEqual([...rooms.occupied()], [{ channel: "c", subscribers: 1 }]);
  rooms.leave("c", hidden);
  assert.deepEqual(told, ["c occupied", "c vacated"]);
});

test("members are counted by client, and by user", () => {
  const { rooms, stay } = setUp();
  for (const [client, user] of [
    ["a", "ann"],
    ["b", "ann"],
    ["c", "bob"],
    ["d", ""],
  ] as const)
    rooms.enter("c", stay(client, { user }));
  assert.deepEqual(rooms.stats("c"), { clients: 4, users: 3 });
  assert.deepEqual(rooms.stats("nowhere"), { clients: 0, users: 0 });
  assert.deepEqual(
    rooms.members("c").map(({ client }) => client),
    ["a", "b", "c", "d"],
  );
});

test("a user is gone with the last of their clients", () => {
  const { rooms, stay } = setUp();
  const stays = [stay("a", { user: "ann" }), stay("b", { user: "ann" }), stay("c", { user: "bob" })];
  for (const one of stays) rooms.enter("c", one);
  const counts = stays.map((one) => {
    rooms.leave("c", one);
    return rooms.stats("c");
  });
  assert.deepEqual(counts, [
    { clients: 2, users: 2 },
    { clients: 1, users: 1 },
    { clients: 0, users: 0 },
  ]);
});

test("leaving twice, or where one is not, does nothing", () => {
  const { rooms, told, stay } = setUp();
  const [a, b] = [stay("a"), stay("b")];
  rooms.enter("c", a);
  rooms.enter("c", b);
  rooms.leave("c", a);
  rooms.leave("c", a);
  rooms.leave("nowhere", b);
  assert.equal(told.length, 4);
  assert.deepEqual(rooms.stats("c"), { clients: 1, users: 1 });
});

test("a client that leaves and comes back is there once", () => {
  const { rooms, stay } = setUp();
  const [first, second] = [stay("a"), stay("a")];
  rooms.enter("c", first);
  rooms.leave("c", first);
  rooms.enter("c", second);
  rooms.leave("c", first);
  assert.deepEqual(rooms.stats("c"), { clients: 1, users: 1 });
});

test("the frame says who it was, with what the tokens tell of them", () => {
  const { rooms } = setUp();
  const frames: unknown[] = [];
  const listener = {
    joined: ({ push }: RoomEvent) => frames.push(JSON.parse(push.toString())),
    left: ({ push }: RoomEvent) => frames.push(JSON.parse(push.toString())),
  };
  rooms.enter("c", { member: { client: "l", user: "" }, listener, present: false });
  const member = { client: "a", user: "ann", connInfo: { name: "Ann" }, chanInfo: 7 };
  const guest = { member, listener: undefined, present: true };
  rooms.enter("c", guest);
  rooms.leave("c", guest);
  const info = { user: "ann", client: "a", conn_info: { name: "Ann" }, chan_info: 7 };
  assert.deepEqual(frames, [
    { push: { channel: "c", join: { info } } },
    { push: { channel: "c", leave: { info } } },
  ]);
});
