import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { connectClient, Listening } from "./support/client.js";
import { encoding } from "./support/encoding.js";
import { eventually } from "./support/eventually.js";
import { answer, errorOf, type Heard } from "./support/heard.js";
import { RawClient } from "./support/raw-client.js";
import { startServer, type TestServer } from "./support/server.js";

const device = {
  channel: "device:{id}",
  topics: ["devices/{id}/#"],
  history: { size: 10, ttl: 60_000 },
};
const log = { channel: "log", topics: ["log/#"], history: { size: 5_000, ttl: 60_000 } };

interface Page {
  readonly publications: readonly Heard[];
  readonly epoch: string;
  readonly offset: number;
}

function numbers({
  publications,
}: {
  readonly publications: readonly { readonly data?: unknown }[];
}): unknown[] {
  return publications.map(({ data }) => data);
}

function send(server: TestServer, topic: string, from: number, to: number): void {
  for (let n = from; n <= to; n++) server.bus.send(topic, String(n));
}

async function setUp(t: TestContext) {
  const server = await startServer(t, { channels: [device, log] });
  const client = await RawClient.connect(t, server.url);
  let id = 1;
  const ask = async (query: object): Promise<Page> => {
    client.command({ id: ++id, history: query });
    return (await answer(client, id)) as unknown as Page;
  };
  const refused = (query: unknown): Promise<number | undefined> => {
    client.command({ id: ++id, history: query });
    return errorOf(client, id);
  };
  return { server, client, ask, refused };
}

test("the reference client reads a channel's history in parts, in both directions", async (t) => {
  const server = await startServer(t, { channels: [device] });
  send(server, "devices/7/a", 1, 20);
  const client = await connectClient(t, server.url);
  const { subscription } = await Listening.begin(client, "device:7");
  const all = await subscription.history({ limit: 100 });
  assert.deepEqual(numbers(all), [11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  assert.equal(all.offset, 20);
  assert.deepEqual(all.publications[0]?.tags, { topic: "devices/7/a" });
  const { epoch } = all;
  const some = await subscription.history({ limit: 3, since: { epoch, offset: 14 } });
  assert.deepEqual(numbers(some), [15, 16, 17]);
  const newest = await subscription.history({ limit: 2, reverse: true });
  assert.deepEqual(numbers(newest), [20, 19]);
  const before = await subscription.history({ limit: 2, reverse: true, since: { epoch, offset: 13 } });
  assert.deepEqual(numbers(before), [12, 11]);
  await assert.rejects(subscription.history({ limit: 1, since: { epoch: "other", offset: 14 } }), {
    code: 112,
  });
  await assert.rejects(subscription.history({ limit: 1, since: { epoch, offset: 9 } }), { code: 112 });
});

test("without a limit it tells the position alone, and with a negative one all that fits", async (t) => {
  const { server, ask } = await setUp(t);
  send(server, "log/a", 1, 3);
  const { epoch, ...top } = await ask({ channel: "log" });
  assert.deepEqual(top, { publications: [], offset: 3 });
  assert.ok(epoch.length > 4);
  assert.deepEqual(numbers(await ask({ channel: "log", limit: 0 })), []);
  assert.deepEqual(numbers(await ask({ channel: "log", limit: -1 })), [1, 2, 3]);
  assert.equal((await ask({ channel: "log", limit: -1 })).epoch, epoch);
});

test("an answer holds a thousand at most, and the next one goes on", async (t) => {
  const { server, ask } = await setUp(t);
  send(server, "log/a", 1, 2_500);
  const seen: unknown[] = [];
  let { epoch, offset, publications } = await ask({ channel: "log", limit: 100_000 });
  assert.equal(offset, 2_500);
  for (let pages = 0; publications.length > 0 && pages < 10; pages++) {
    assert.ok(publications.length <= 1_000);
    seen.push(...numbers({ publications }));
    offset = publications.at(-1)?.offset ?? 0;
    ({ publications } = await ask({ channel: "log", limit: 100_000, since: { epoch, offset } }));
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 2_500 }, (_, i) => i + 1),
  );
});

test("large publications come in several answers of a size that clients take", async (t) => {
  const { server, client, ask } = await setUp(t);
  for (let n = 1; n <= 60; n++) server.bus.send("log/a", JSON.stringify(`${n}`.padEnd(50_000, "x")));
  let read = 0;
  for (let since: object | undefined; read < 60; ) {
    const page = await ask({ channel: "log", limit: 1_000, ...(since ? { since } : {}) });
    read += page.publications.length;
    assert.ok(page.publications.length > 0);
    since = { epoch: page.epoch, offset: page.publications.at(-1)?.offset };
  }
  const longest = Math.max(...client.frames.map(({ length }) => length));
  assert.ok(longest < 1024 * 1024, `${longest} bytes in one message`);
});

test("a client that asks for everything again and again harms only itself", async (t) => {
  const { server, client } = await setUp(t);
  for (let n = 1; n <= 1_000; n++) server.bus.send("log/a", JSON.stringify(`${n}`.padEnd(20_000, "x")));
  const asks = Array.from({ length: 1_000 }, (_, i) => ({
    id: i + 10,
    history: { channel: "log", limit: 1_000 },
  }));
  client.socket.pause();
  const before = process.memoryUsage().arrayBuffers;
  client.command(...asks);
  const other = await RawClient.connect(t, server.url);
  other.command({ id: 2, history: { channel: "log", limit: 1 } });
  await answer(other, 2);
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 200 * 1024 * 1024, `${Math.round(grown / 1024 / 1024)} MiB more`);
  await eventually(() => server.gateway.stats().disconnects.slow === 1, "it is closed for being slow");
  client.socket.resume();
  assert.equal((await client.closed).code, 3008);
});

test("the history of a channel that nobody listens to is read without opening it for good", async (t) => {
  const { server, ask } = await setUp(t);
  send(server, "devices/9/a", 1, 2);
  const { channels } = server.bridge.stats();
  assert.deepEqual(numbers(await ask({ channel: "device:9", limit: 5 })), [1, 2]);
  const quiet = await ask({ channel: "device:10", limit: 5 });
  assert.deepEqual([quiet.publications, quiet.offset], [[], 0]);
  assert.equal(server.bridge.stats().channels, channels);
  for (let n = 0; n < 500; n++) await ask({ channel: `device:made-up-${n}`, limit: 5 });
  assert.equal(server.bridge.stats().channels, channels);
  assert.equal(server.bridge.stats().historyPublications, 2);
});

test("what is asked wrongly, or of the wrong channel, is an error that says so", async (t) => {
  const { server, refused } = await setUp(t);
  send(server, "log/a", 1, 3);
  const channel = "log";
  assert.equal(await refused({ channel: "mqtt:log/a" }), 108);
  assert.equal(await refused({ channel: "unknown" }), 102);
  assert.equal(await refused({}), 107);
  const wrong = [
    { limit: 1.5 },
    { limit: "all" },
    { reverse: 1 },
    { since: 3 },
    { since: { epoch: 3, offset: 1 } },
    { since: { epoch: "e", offset: 1.5 } },
    { since: { epoch: "e", offset: -1 } },
  ];
  // There is no way to say these in Protobuf.
  if (!encoding.protobuf)
    for (const query of wrong) assert.equal(await refused({ channel, ...query }), 107, JSON.stringify(query));
  assert.equal(await refused({ channel, since: { epoch: "e", offset: 1 } }), 112);
  assert.equal(server.bridge.stats().channels, 1, "asking opens no channel");
});

test("what is over the rule's time is not there any more", async (t) => {
  const server = await startServer(t, {
    channels: [{ ...log, history: { size: 10, ttl: 20 } }],
  });
  const client = await RawClient.connect(t, server.url);
  send(server, "log/a", 1, 5);
  let id = 1;
  let left = 5;
  // A sweep comes once a second.
  while (left > 0) {
    client.command({ id: ++id, history: { channel: "log", limit: 10 } });
    const page = (await answer(client, id)) as unknown as Page;
    assert.equal(page.offset, 5);
    left = page.publications.length;
  }
  assert.equal(server.bridge.stats().historyPublications, 0);
});
