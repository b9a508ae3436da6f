import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { connectClient, Listening } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { MapOf } from "./support/map-of.js";
import { RawClient } from "./support/raw-client.js";
import { startServer } from "./support/server.js";

const home = { channel: "home", topics: ["home/#"], snapshot: true };
const past = { channel: "past", topics: ["home/#"], history: { size: 1_000, ttl: 60_000 } };
const warm = { key: "topic", cmp: "ew", val: "/temperature" } as const;

const TOPICS = ["home/hall/temperature", "home/hall/humidity", "home/attic/temperature", "home/attic/light"];

test("a stream brings only what its filter wants, in the snapshot and live", async (t) => {
  const { url, bus } = await startServer(t, { channels: [home] });
  for (const topic of TOPICS) bus.send(topic, '"before"');
  const client = await connectClient(t, url);
  const wanted: [object, string[]][] = [
    [{ data: { topics: ["home/+/temperature"] } }, [TOPICS[0] as string, TOPICS[2] as string]],
    [{ data: { topicTail: "hall/humidity" } }, [TOPICS[1] as string]],
    [{ data: { topicTail: ["humidity", "light"] } }, [TOPICS[1] as string, TOPICS[3] as string]],
    [{ tagsFilter: warm }, [TOPICS[0] as string, TOPICS[2] as string]],
    [{ tagsFilter: warm, data: { topics: "home/hall/#" } }, [TOPICS[0] as string]],
    [{ tagsFilter: { op: "not", nodes: [warm] } }, [TOPICS[1] as string, TOPICS[3] as string]],
  ];
  const all = await Promise.all(
    wanted.map(async ([options]) => Listening.begin(await connectClient(t, url), "home", options)),
  );
  const everything = await Listening.begin(client, "home");
  for (const topic of TOPICS) bus.send(topic, '"live"');
  for (const topic of TOPICS) bus.send(topic, '"end"');
  await everything.received(12);
  for (const [i, [, topics]] of wanted.entries()) {
    const listening = all[i] as Listening;
    await listening.received(topics.length * 3);
    assert.deepEqual(
      listening.publications.map(({ tags, data }) => [tags?.topic, data]),
      ["before", "live", "end"].flatMap((data) => topics.map((topic) => [topic, data])),
    );
  }
});

test("the encoding is a tag like the topic", async (t) => {
  const { url, bus } = await startServer(t);
  const client = await connectClient(t, url);
  const tagsFilter = { key: "encoding", cmp: "nex" } as const;
  const listening = await Listening.begin(client, "mqtt:e", { tagsFilter });
  bus.send("e", Buffer.from([0xff]));
  bus.send("e", "text");
  await listening.received(1);
  assert.deepEqual(listening.values, ["text"]);
});

test("what was missed is recovered through the filter, and only that", async (t) => {
  const { url, bus } = await startServer(t, { channels: [past] });
  const client = await connectClient(t, url);
  const listening = await Listening.begin(client, "past", { data: { topicTail: "temperature" } });
  const send = (round: number): void => {
    for (const topic of TOPICS) bus.send(topic, JSON.stringify(`${topic} ${round}`));
  };
  send(1);
  await listening.received(2);
  client.disconnect();
  for (let round = 2; round < 20; round++) send(round);
  const back = once(listening.subscription as never, "subscribed");
  client.connect();
  assert.equal((await back)[0].recovered, true);
  send(20);
  await listening.received(40);
  const expected = Array.from({ length: 20 }, (_, n) => n + 1).flatMap((round) => [
    `${TOPICS[0]} ${round}`,
    `${TOPICS[2]} ${round}`,
  ]);
  assert.deepEqual(listening.values, expected);
});

test("a filter that wants nothing of a long history or snapshot keeps nobody waiting", async (t) => {
  const { url, bus } = await startServer(t, {
    channels: [{ ...home, history: { size: 20_000, ttl: 60_000 } }],
    bridge: { maxTopics: 20_000 },
  });
  for (let n = 0; n < 20_000; n++) bus.send(`home/${n}`, String(n));
  const client = await connectClient(t, url);
  const listening = await Listening.begin(client, "home", { data: { topicTail: "19999" } });
  await listening.received(1);
  const other = await connectClient(t, url);
  const map = await new MapOf(other, "home", { data: { topicTail: "17" } }).begin();
  assert.deepEqual([listening.values, map.sorted], [[19_999], [["home/17", 17]]]);
});

test("a filtered map is exactly the filtered state: at first, live, and after a break", async (t) => {
  const { url, bus } = await startServer(t, { channels: [home] });
  for (const topic of TOPICS) bus.send(topic, "0");
  const client = await connectClient(t, url);
  const map = await new MapOf(client, "home", { pageSize: 1, data: { topicTail: "temperature" } }).begin();
  const tagged = await new MapOf(await connectClient(t, url), "home", { tagsFilter: warm }).begin();
  const [hall, humidity, attic] = TOPICS as [string, string, string];
  for (const one of [map, tagged])
    assert.deepEqual(one.sorted, [
      [attic, 0],
      [hall, 0],
    ]);
  bus.send(hall, "1");
  bus.send(humidity, "1");
  bus.send(attic, "", { retain: true });
  bus.send(humidity, "", { retain: true });
  bus.send("home/cellar/temperature", "1");
  for (const one of [map, tagged]) {
    await eventually(() => one.values.has("home/cellar/temperature"), "the last change came");
    assert.deepEqual(one.sorted, [
      ["home/cellar/temperature", 1],
      [hall, 1],
    ]);
    assert.equal(one.updates, 3);
  }
  client.disconnect();
  bus.send(hall, "2");
  bus.send(humidity, "2");
  bus.send("home/cellar/temperature", "", { retain: true });
  const back = once(map.subscription as never, "subscribed");
  client.connect();
  assert.equal((await back)[0].recovered, true);
  await eventually(() => map.values.size === 1, "the removal came");
  assert.deepEqual([map.sorted, map.syncs, map.updates], [[[hall, 2]], 1, 5]);
});

test("a topic whose new value a map's filter does not want is removed from it", async (t) => {
  const { url, bus } = await startServer(t, { channels: [home] });
  const bytes = Buffer.from([0xff]);
  bus.send("home/a", "1");
  bus.send("home/b", bytes);
  const client = await connectClient(t, url);
  const map = await new MapOf(client, "home", { tagsFilter: { key: "encoding", cmp: "nex" } }).begin();
  assert.deepEqual(map.sorted, [["home/a", 1]]);
  bus.send("home/b", "2");
  bus.send("home/a", bytes);
  await eventually(() => !map.values.has("home/a"), "the value that is not wanted");
  assert.deepEqual(map.sorted, [["home/b", 2]]);
  client.disconnect();
  bus.send("home/a", "3");
  bus.send("home/b", bytes);
  client.connect();
  await eventually(() => map.values.has("home/a") && !map.values.has("home/b"), "what changed since");
});

test("filters are forgotten with the subscriptions that had them", async (t) => {
  const { url, gateway, bus } = await startServer(t);
  for (let n = 0; n < 50; n++) {
    const client = await RawClient.connect(t, url);
    const subscribe = { channel: "mqtt:a/#", data: { topics: [`a/${n}`] } };
    client.command({ id: 2, subscribe }, { id: 3, subscribe });
    await client.reply(3);
    bus.send(`a/${n}`, "1");
    bus.send("a/other", "1");
    assert.equal((await client.pushed(1)).length, 1);
    client.socket.close();
    await client.closed;
  }
  await eventually(() => gateway.stats().sessions === 0, "they are gone");
  assert.equal(gateway.stats().filters, 0);
});
