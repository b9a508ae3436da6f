import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Bystander } from "./fuzz/bystander.js";
import { eventually } from "./support/eventually.js";
import { answer } from "./support/heard.js";
import { RawClient } from "./support/raw-client.js";
import { startServer, type TestServer } from "./support/server.js";

const COMMANDS = 10_000;
const GUESTS = 100;
const channels = [
  { channel: "map", topics: ["map/#"], snapshot: true },
  { channel: "log", topics: ["log/#"], history: { size: 1_000, ttl: 60_000 } },
  {
    channel: "room",
    topics: ["room"],
    presence: true,
    publish: { topic: "room", qos: 0 as const, retain: false },
  },
];

async function serve(t: TestContext): Promise<TestServer> {
  const server = await startServer(t, {
    channels,
    bridge: { maxTopics: 20_000 },
    gateway: { maxFrameSize: 2 * 1024 * 1024, maxOutboxSize: 16 * 1024 * 1024 },
  });
  for (let n = 0; n < 10_000; n++) server.bus.send(`map/${n}`, JSON.stringify({ n }));
  for (let n = 0; n < 1_000; n++) server.bus.send("log/a", JSON.stringify({ n, text: "x".repeat(300) }));
  const guests = await Promise.all(Array.from({ length: GUESTS }, () => RawClient.connect(t, server.url)));
  for (const guest of guests) guest.command({ id: 2, subscribe: { channel: "room" } });
  await Promise.all(guests.map((guest) => answer(guest, 2)));
  return server;
}

const map = { channel: "map", type: 1, phase: 2, limit: 10_000 };
const works: [string, (i: number) => object][] = [
  ["unsubscribe from nothing", () => ({ unsubscribe: { channel: "mqtt:a" } })],
  ["ask who is there", () => ({ presence: { channel: "room" } })],
  ["count who is there", () => ({ presence_stats: { channel: "room" } })],
  ["read a history", () => ({ history: { channel: "log", limit: 1_000 } })],
  [
    "begin a map of 10,000 topics and leave it",
    (i) => (i % 2 ? { unsubscribe: { channel: "map" } } : { subscribe: map }),
  ],
  [
    "begin a snapshot of 10,000 topics and leave it",
    (i) => (i % 2 ? { unsubscribe: { channel: "map" } } : { subscribe: { channel: "map" } }),
  ],
  [
    "open new channels",
    (i) =>
      i % 2 ? { unsubscribe: { channel: `mqtt:new/${i - 1}` } } : { subscribe: { channel: `mqtt:new/${i}` } },
  ],
  ["publish", (i) => ({ publish: { channel: "mqtt:elsewhere", data: i } })],
];

for (const [what, commandOf] of works)
  test(`${COMMANDS} commands to ${what} in one frame are felt by nobody else`, async (t) => {
    const server = await serve(t);
    const bystander = await Bystander.at(t, server);
    const client = await RawClient.connect(t, server.url);
    const { commands } = server.gateway.stats();
    // What the answers cost their reader is not the question.
    client.socket.pause();
    client.command(...Array.from({ length: COMMANDS }, (_, i) => ({ id: i + 2, ...commandOf(i) })));
    const isDone = (): boolean => {
      const stats = server.gateway.stats();
      return stats.commands - commands >= COMMANDS || stats.disconnects.slow === 1;
    };
    await eventually(isDone, "it is dealt with");
    const done = server.gateway.stats().commands - commands;
    const delay = await bystander.isWell(t);
    t.diagnostic(`${done} were worked on; longest delay of another ${Math.round(delay)} ms`);
    assert.ok(done > 10);
  });

test("another client is answered while the commands of one are worked on, and both in their order", async (t) => {
  const server = await serve(t);
  const [busy, quick] = await Promise.all([1, 2].map(() => RawClient.connect(t, server.url)));
  if (!busy || !quick) throw new Error("two clients were asked for");
  const ids = Array.from({ length: COMMANDS }, (_, i) => i + 2);
  busy.command(...ids.map((id) => ({ id, presence: { channel: "room" } })));
  busy.command({ id: COMMANDS + 2, unsubscribe: { channel: "mqtt:last" } });
  await eventually(() => server.gateway.stats().commands > 500, "it is being worked on");
  quick.command({ id: 2, presence_stats: { channel: "room" } });
  await answer(quick, 2);
  assert.ok(server.gateway.stats().commands < COMMANDS, "the other is not through");
  await busy.until(() => (busy.replies.length > COMMANDS + 1 ? true : undefined), "all answers");
  assert.deepEqual(
    busy.replies.map(({ id }) => id),
    [1, ...ids, COMMANDS + 2],
  );
});

test("a client that goes away while its commands are worked on takes the rest with it", async (t) => {
  const server = await serve(t);
  const client = await RawClient.connect(t, server.url);
  const { subscriptions, commands } = server.gateway.stats();
  client.command(
    ...Array.from({ length: COMMANDS }, (_, i) => ({ id: i + 2, presence: { channel: "room" } })),
  );
  await eventually(() => server.gateway.stats().commands > commands + 200, "it is being worked on");
  client.socket.terminate();
  await eventually(() => server.gateway.stats().sessions === GUESTS, "it is gone");
  const done = server.gateway.stats().commands;
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(server.gateway.stats().commands, done);
  assert.ok(done < COMMANDS);
  assert.equal(server.gateway.stats().subscriptions, subscriptions);
});

const heavy: [string, (client: RawClient) => void, number][] = [
  [
    "a frame of 3 MB",
    ({ socket }) => socket.send(`{"id":2,"publish":{"channel":"room","data":"${"x".repeat(3e6)}"}}`),
    1009,
  ],
  [
    "3 MB in fragments",
    ({ socket }) => {
      for (let n = 0; n < 30; n++) socket.send("x".repeat(1e5), { fin: n === 29 });
    },
    1009,
  ],
  ["3 MB of newlines and no command", ({ socket }) => socket.send(`${"\n".repeat(1.9e6)}x`), 3501],
  [
    "100,000 empty frames, then no command",
    ({ socket }) => {
      for (let n = 0; n < 100_000; n++) socket.send("");
      socket.send("x");
    },
    3501,
  ],
  ["a member name of 1 MB", ({ socket }) => socket.send(`{"id":2,"${"x".repeat(1e6)}":{}}\nx`), 3501],
  [
    "a binary frame that is not UTF-8",
    ({ socket }) => socket.send(Buffer.from('{"id":2,"publish":{"channel":"room","data":"\xff"}}', "latin1")),
    3501,
  ],
  [
    "100,000 members",
    ({ socket }) =>
      socket.send(`{"id":2,"publish":{${Array.from({ length: 1e5 }, (_, n) => `"${n}":1`).join()}}}\nx`),
    3501,
  ],
];

for (const [what, send, code] of heavy)
  test(`${what} ends with code ${code}, and nobody else notices`, async (t) => {
    const server = await startServer(t, { channels, gateway: { maxFrameSize: 2e6 } });
    const bystander = await Bystander.at(t, server);
    const client = await RawClient.connect(t, server.url);
    send(client);
    assert.equal((await client.closed).code, code);
    assert.deepEqual(
      server.bus.published.filter(({ topic }) => topic !== "bystander"),
      [],
    );
    const delay = await bystander.isWell(t);
    t.diagnostic(`longest delay of another ${Math.round(delay)} ms`);
  });

const odd: [string, string | Buffer, (reply: Record<string, unknown>) => boolean][] = [
  [
    "a command in a binary frame",
    Buffer.from('{"id":2,"presence_stats":{"channel":"room"}}'),
    ({ id }) => id === 2,
  ],
  [
    "the largest id",
    '{"id":4294967295,"presence_stats":{"channel":"room"}}',
    ({ id }) => id === 4_294_967_295,
  ],
  ["an id that is there twice", '{"id":7,"id":2,"presence_stats":{"channel":"room"}}', ({ id }) => id === 2],
  [
    "a request that is there twice",
    '{"id":2,"presence_stats":{},"presence_stats":{"channel":"room"}}',
    ({ presence_stats }) => presence_stats !== undefined,
  ],
  [
    "data that is there twice",
    '{"id":2,"publish":{"channel":"room","data":1,"data":{"last":1}}}',
    ({ publish }) => publish !== undefined,
  ],
  ["a lone surrogate in a channel", '{"id":2,"subscribe":{"channel":"mqtt:\\ud800"}}', ({ id }) => id === 2],
  [
    "a lone surrogate in data",
    '{"id":2,"publish":{"channel":"room","data":"\\ud800"}}',
    ({ publish }) => publish !== undefined,
  ],
  [
    "a topic with U+0000",
    '{"id":2,"subscribe":{"channel":"mqtt:a\\u0000b"}}',
    ({ error }) => (error as { code: number }).code === 102,
  ],
  [
    "a request called __proto__",
    '{"id":2,"__proto__":{"channel":"room"}}',
    ({ error }) => (error as { code: number }).code === 104,
  ],
  [
    "a channel in the prototype",
    '{"id":2,"subscribe":{"__proto__":{"channel":"room"}}}',
    ({ error }) => (error as { code: number }).code === 107,
  ],
  [
    "an offset beyond all numbers",
    '{"id":2,"subscribe":{"channel":"log","recover":true,"epoch":"e","offset":1e400}}',
    ({ error }) => (error as { code: number }).code === 107,
  ],
  [
    "an offset of twenty digits",
    '{"id":2,"subscribe":{"channel":"log","recover":true,"epoch":"e","offset":12345678901234567890}}',
    ({ subscribe }) => (subscribe as { recovered: boolean }).recovered === false,
  ],
];

for (const [what, frame, isRight] of odd)
  test(`${what} is answered as it should be, and the session goes on`, async (t) => {
    const { url, bus } = await startServer(t, { channels });
    const client = await RawClient.connect(t, url);
    client.socket.send(frame);
    client.command({ id: 100, presence_stats: { channel: "room" } });
    await client.until(() => (client.replies.length >= 3 ? true : undefined), "both answers");
    const reply = client.replies.find(({ id, connect }) => id !== 100 && !connect);
    assert.ok(reply && isRight(reply), JSON.stringify(reply));
    assert.ok(
      bus.published.every(({ payload }) => payload.toString() !== "1"),
      "of two members the last counts",
    );
  });
