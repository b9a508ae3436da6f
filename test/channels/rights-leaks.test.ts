import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { SubscriptionOptions } from "centrifuge";
import { connectClient, event, Listening } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { answer, heard, publications } from "./support/heard.js";
import { MapOf } from "./support/map-of.js";
import { PlainClient, token } from "./support/plain-client.js";
import { RawClient } from "./support/raw-client.js";
import { startServer, type TestOptions } from "./support/server.js";
import { TestGate } from "./support/test-gate.js";
import { TestTokens } from "./support/test-tokens.js";

/* A channel that covers more than its subscriber may see shows it no more than that, in any way. */

const history = { size: 100, ttl: 60_000 };
const channels = [
  { channel: "all", topics: ["d/#"], snapshot: true, history },
  { channel: "live", topics: ["d/#"] },
  { channel: "newest", topics: ["d/#"], snapshot: true, maxRate: 1_000 },
  { channel: "two", topics: ["d/a/+", "d/b/+"], snapshot: true },
];
/** May see what is below d/a, but not d/a/secret. */
const rules = { ann: { subscribe: ["d/a/#", "-d/a/secret"], publish: ["d/a/in"] } };
const SECRET = "s3cr3t";

async function start(t: TestContext, options: TestOptions = {}) {
  const gate = new TestGate(rules);
  const server = await startServer(t, { channels, gate, ...options });
  const fill = (n: number) => {
    server.bus.send("d/b/1", `"${SECRET}"`);
    server.bus.send("d/a/secret", `"${SECRET} ${n}"`);
    server.bus.send("d/a/1", `"open ${n}"`);
    server.bus.send("d", `"${SECRET}"`);
    server.bus.send("d/a/2", `"open ${n}"`);
    server.bus.send("d/b/1", "", { retain: true });
  };
  const ann = async () => {
    const client = await RawClient.open(t, server.url);
    client.command({ id: 1, connect: { token: TestTokens.connection({ user: "ann" }) } });
    await client.reply(1);
    return client;
  };
  return { ...server, gate, fill, ann };
}

function assertSafe(client: { frames: readonly string[] }): void {
  const text = client.frames.join();
  assert.ok(!text.includes(SECRET), text);
  assert.ok(!text.includes("d/b"), text);
}

test("live publications", async (t) => {
  for (const channel of ["all", "live", "newest", "two", "mqtt:#", "mqtt:d/#", "mqtt:+/+/+"]) {
    const { ann, fill, gateway } = await start(t);
    const client = await ann();
    client.command({ id: 2, subscribe: { channel } });
    await answer(client, 2);
    fill(1);
    fill(2);
    const newest = () =>
      Object.fromEntries(publications(client, channel).map(({ tags, data }) => [tags?.topic, data]));
    await client.until(
      () => isDeepStrictEqual(newest(), { "d/a/1": "open 2", "d/a/2": "open 2" }) || undefined,
      `the newest values of ${channel}`,
    );
    // Where there is a rate, older values may be left out.
    if (channel !== "newest") assert.equal(publications(client, channel).length, 4, channel);
    assertSafe(client);
    client.socket.close();
    await eventually(() => gateway.stats().filters === 0, "nothing is kept of what it could see");
  }
});

test("what a channel carries beyond what one may see is not even subscribed to when nothing of it may be seen", async (t) => {
  const { ann } = await start(t);
  const client = await ann();
  for (const [id, channel] of ["mqtt:d/b/#", "mqtt:$SYS/#", "mqtt:x", "mqtt:d/a/secret"].entries()) {
    client.command({ id: id + 2, subscribe: { channel } });
    assert.equal((await answer(client, id + 2)).code, 103, channel);
  }
});

test("the snapshot, in the answer and after it", async (t) => {
  for (const topics of [3, 3_000]) {
    const { ann, bus, fill } = await start(t);
    fill(1);
    for (let n = 0; n < topics; n++) {
      bus.send(`d/a/n${n}`, `"${"x".repeat(100)}"`);
      bus.send(`d/b/n${n}`, `"${SECRET}"`);
    }
    const client = await ann();
    client.command({ id: 2, subscribe: { channel: "all" } });
    const { publications: first } = (await answer(client, 2)) as { publications: unknown[] };
    await client.until(
      () => (first.length + publications(client, "all").length === topics + 2 ? true : undefined),
      "the whole snapshot",
    );
    assertSafe(client);
  }
});

test("the history, whose pages are full of what may be seen", async (t) => {
  const { ann, fill } = await start(t);
  for (let n = 1; n <= 5; n++) fill(n);
  const client = await ann();
  const ask = async (id: number, query: object) => {
    client.command({ id, history: { channel: "all", ...query } });
    const page = (await answer(client, id)) as {
      publications: { data: string; offset: number }[];
      offset: number;
      epoch: string;
    };
    return page;
  };
  const first = await ask(2, { limit: 3 });
  assert.deepEqual(
    first.publications.map(({ data }) => data),
    ["open 1", "open 1", "open 2"],
  );
  assert.equal(first.offset, 30, "the position is that of the channel");
  const since = { epoch: first.epoch, offset: first.publications.at(-1)?.offset };
  const rest = await ask(3, { limit: 100, since });
  assert.equal(rest.publications.length, 7);
  const back = await ask(4, { limit: 2, reverse: true });
  assert.deepEqual(
    back.publications.map(({ data }) => data),
    ["open 5", "open 5"],
  );
  assertSafe(client);
});

test("recovery: it stays true, and is told nothing else", async (t) => {
  const { ann, fill } = await start(t);
  fill(1);
  const before = await ann();
  before.command({ id: 2, subscribe: { channel: "all" } });
  const { epoch, offset } = await answer(before, 2);
  fill(2);
  const last = (await heard(before, "all", 2)).at(-1)?.offset;
  fill(3);
  const client = await ann();
  client.command({ id: 2, subscribe: { channel: "all", recover: true, epoch, offset: last } });
  const again = await answer(client, 2);
  assert.equal(again.recovered, true);
  assert.deepEqual(
    (again.publications as { data: string }[]).map(({ data }) => data),
    ["open 3", "open 3"],
  );
  // From a position that nobody was told.
  client.command({ id: 3, unsubscribe: { channel: "all" } });
  client.command({ id: 4, subscribe: { channel: "all", recover: true, epoch, offset: 0 } });
  const early = (await answer(client, 4)) as { publications: { data: string }[] };
  assert.deepEqual(
    early.publications.map(({ data }) => data),
    [1, 1, 2, 2, 3, 3].map((n) => `open ${n}`),
  );
  assert.ok(Number(offset) > 0);
  assertSafe(before);
  assertSafe(client);
});

test("who may subscribe and not see the history recovers nothing, even from a position that is known", async (t) => {
  const gate = new TestGate({
    ann: { channels: ["subscribe all", "-history all"] },
    bob: { subscribe: ["d/#"] },
  });
  const { ann, url, bus } = await start(t, { gate });
  bus.send("d/a/1", `"${SECRET}"`);
  bus.send("d/a/1", '"now"');
  const bob = await RawClient.open(t, url);
  bob.command({ id: 1, connect: { token: TestTokens.connection({ user: "bob" }) } });
  bob.command({ id: 2, subscribe: { channel: "all" } });
  const { epoch } = await answer(bob, 2);
  assert.equal(typeof epoch, "string");
  const client = await ann();
  client.command({ id: 2, subscribe: { channel: "all" } });
  const first = await answer(client, 2);
  assert.deepEqual([first.recoverable, first.epoch, first.offset], [undefined, undefined, undefined]);
  client.command({ id: 3, history: { channel: "all", limit: 10 } });
  assert.equal((await answer(client, 3)).code, 103);
  client.command({ id: 4, unsubscribe: { channel: "all" } });
  client.command({ id: 5, subscribe: { channel: "all", recover: true, epoch, offset: 0 } });
  const { publications: told, recovered } = await answer(client, 5);
  assert.notEqual(recovered, true);
  assert.deepEqual(
    (told as { data: string }[]).map(({ data }) => data),
    ["now"],
  );
  assertSafe(client);
});

test("the map, page by page and after a break, and its deltas", async (t) => {
  const { url, bus, fill } = await start(t);
  fill(1);
  const connect = () => connectClient(t, url, { token: TestTokens.connection({ user: "ann" }) });
  const client = await connect();
  const open = (n: number): [string, string][] => [
    ["d/a/1", `open ${n}`],
    ["d/a/2", `open ${n}`],
  ];
  const map = await new MapOf(client, "all", { limit: 1 } as never).begin();
  const deltas = await new MapOf(await connect(), "all", { delta: "fossil" }).begin();
  assert.deepEqual([map.sorted, deltas.sorted], [open(1), open(1)]);
  fill(2);
  await eventually(
    () => map.values.get("d/a/2") === "open 2" && deltas.values.get("d/a/2") === "open 2",
    "live",
  );
  client.disconnect();
  bus.send("d/b/2", `"${SECRET}"`);
  bus.send("d/a/secret", "", { retain: true });
  fill(3);
  const back = event(map.subscription, "subscribed");
  client.connect();
  assert.equal(((await back) as { recovered: boolean }).recovered, true);
  await eventually(
    () => map.values.get("d/a/2") === "open 3" && deltas.values.get("d/a/2") === "open 3",
    "again",
  );
  assert.deepEqual([map.sorted, deltas.sorted], [open(3), open(3)]);
});

test("deltas of a stream", async (t) => {
  const { url, bus } = await start(t);
  const client = await connectClient(t, url, { token: TestTokens.connection({ user: "ann" }) });
  const stream = await Listening.begin(client, "live", { delta: "fossil" } as Partial<SubscriptionOptions>);
  const long = (n: number) => JSON.stringify({ text: "the same in every value".repeat(5), n });
  for (let n = 0; n < 5; n++) {
    bus.send("d/b/1", JSON.stringify({ text: SECRET.repeat(20), n }));
    bus.send("d/a/1", long(n));
  }
  const values = (await stream.received(5)).map(({ data }) => JSON.stringify(data));
  assert.deepEqual(values, [0, 1, 2, 3, 4].map(long));
});

test("what a client asks for itself is asked of what it may see", async (t) => {
  const { ann, fill } = await start(t);
  const client = await ann();
  client.command({ id: 2, subscribe: { channel: "live", data: { topics: ["d/+/1", "d/a/secret"] } } });
  await answer(client, 2);
  client.command({ id: 3, subscribe: { channel: "mqtt:d/#", tf: { key: "topic", cmp: "ct", val: "1" } } });
  await answer(client, 3);
  fill(1);
  await heard(client, "live", 1);
  await heard(client, "mqtt:d/#", 1);
  fill(2);
  assert.deepEqual(
    (await heard(client, "live", 2)).map(({ data }) => data),
    ["open 1", "open 2"],
  );
  assertSafe(client);
});

test("publishing by the name of a topic", async (t) => {
  const { ann, bus } = await start(t);
  const client = await ann();
  const codes: unknown[] = [];
  for (const [n, channel] of [
    "mqtt:d/a/in",
    "mqtt:d/a/other",
    "mqtt:d/b/1",
    "mqtt:$SYS/x",
    "mqtt:d/#",
  ].entries()) {
    client.command({ id: n + 2, publish: { channel, data: 1 } });
    codes.push((await answer(client, n + 2)).code);
  }
  assert.deepEqual(codes, [undefined, 103, 103, 103, 107]);
  client.command({ send: { data: { channel: "mqtt:d/b/1", data: 1 } } });
  client.command({ id: 9, publish: { channel: "mqtt:d/a/in", data: 2 } });
  await answer(client, 9);
  assert.deepEqual(
    bus.published.map(({ topic }) => topic),
    ["d/a/in", "d/a/in"],
  );
});

describe("over a bare WebSocket", () => {
  test("the snapshot and live messages", async (t) => {
    const { plainUrl, fill } = await start(t);
    fill(1);
    for (const channel of ["all", "newest", "mqtt:#"]) {
      const client = await PlainClient.open(t, `${plainUrl(channel)}?jwt=${token({ user: "ann" })}`);
      if (channel !== "mqtt:#") await client.frames(2);
      fill(2);
      await eventually(() => client.all.filter(({ data }) => data === "open 2").length === 2, "live");
      assertSafe(client.raw);
    }
  });

  test("publishing", async (t) => {
    const { plainUrl, bus } = await start(t);
    const client = await PlainClient.open(t, `${plainUrl("mqtt:d/a/2")}?jwt=${token({ user: "ann" })}`);
    client.publish("x", 1);
    assert.equal((await client.frames(1))[0]?.event, "system:error");
    assert.equal(bus.published.length, 0);
  });
});
