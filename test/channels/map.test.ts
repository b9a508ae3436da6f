import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { connectClient } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { MapOf } from "./support/map-of.js";
import { RawClient } from "./support/raw-client.js";
import { startServer, type TestServer } from "./support/server.js";

const DEVICES = 10_000;

async function fleet(t: TestContext): Promise<TestServer> {
  const server = await startServer(t, {
    channels: [{ channel: "fleet", topics: ["devices/#"], snapshot: true }],
    bridge: { maxTopics: 20_000 },
  });
  for (let n = 0; n < DEVICES; n++) server.bus.send(`devices/${n}`, JSON.stringify({ n, value: 0 }));
  return server;
}

test("a page over 10,000 devices loads once and stays true", async (t) => {
  const { bus, url } = await fleet(t);
  const client = await connectClient(t, url);
  const map = new MapOf(client, "fleet");
  const begun = map.begin();
  // Devices go on while the page loads: new values, new devices, devices that are removed.
  for (let n = 0; n < DEVICES; n += 7) {
    bus.send(`devices/${n}`, JSON.stringify({ n, value: 1 }));
    if (n % 70 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  bus.send("devices/new", '"here"');
  bus.send("devices/3", "", { retain: true });
  await begun;
  bus.send("devices/5", "", { retain: true });
  bus.send("devices/last", '"end"');
  await eventually(() => map.values.has("devices/last"), "the last value came");
  const expected = new Map<string, unknown>();
  for (let n = 0; n < DEVICES; n++) expected.set(`devices/${n}`, { n, value: n % 7 === 0 ? 1 : 0 });
  expected.delete("devices/3");
  expected.delete("devices/5");
  expected.set("devices/new", "here").set("devices/last", "end");
  assert.deepEqual(new Map([...map.values].sort()), new Map([...expected].sort()));
  assert.equal(map.syncs, 1);
});

test("after a break only what changed is sent", async (t) => {
  const { bus, url } = await fleet(t);
  const client = await connectClient(t, url);
  const map = await new MapOf(client, "fleet").begin();
  const before = map.updates;
  client.disconnect();
  for (const n of [1, 2, 3]) bus.send(`devices/${n}`, '"changed"');
  bus.send("devices/1", '"changed twice"');
  bus.send("devices/4", "", { retain: true });
  const back = once(map.subscription as never, "subscribed");
  client.connect();
  assert.equal((await back)[0].recovered, true);
  await eventually(() => !map.values.has("devices/4"), "the removal came");
  assert.deepEqual([map.syncs, map.updates - before], [1, 4]);
  assert.deepEqual(
    [1, 2, 3].map((n) => map.values.get(`devices/${n}`)),
    ["changed twice", "changed", "changed"],
  );
});

test("what is dropped at bridge.maxTopics is removed from maps", async (t) => {
  const { bus, url } = await startServer(t, {
    channels: [{ channel: "few", topics: ["few/#"], snapshot: true }],
    bridge: { maxTopics: 3 },
  });
  const client = await connectClient(t, url);
  const map = await new MapOf(client, "few").begin();
  for (const name of ["a", "b", "c", "d", "e"]) bus.send(`few/${name}`, "1");
  await eventually(() => map.values.has("few/e"), "the last value came");
  assert.deepEqual([...map.values.keys()], ["few/c", "few/d", "few/e"]);
});

test("a map that nobody can go on from begins anew", async (t) => {
  const { bus, url } = await startServer(t, {
    channels: [{ channel: "few", topics: ["few/#"], snapshot: true }],
    bridge: { maxTopics: 2 },
  });
  const client = await connectClient(t, url);
  const map = new MapOf(client, "few");
  await map.begin();
  client.disconnect();
  // More removals than are remembered.
  for (let n = 0; n < 10; n++) bus.send(`few/${n}`, "1");
  const synced = once(map.subscription as never, "sync");
  client.connect();
  await synced;
  assert.deepEqual([...map.values.keys()], ["few/8", "few/9"]);
  assert.equal(map.syncs, 2);
});

test("a channel without last values is no map", async (t) => {
  const { url } = await startServer(t, { channels: [{ channel: "plain", topics: ["a/#"] }] });
  const client = await RawClient.connect(t, url);
  client.command({ id: 2, subscribe: { channel: "plain", type: 1, phase: 2 } });
  assert.match(JSON.stringify(await client.reply(2)), /"code":108.*snapshot/);
  client.command({ id: 3, subscribe: { channel: "plain" } });
  assert.deepEqual(await client.reply(3), { id: 3, subscribe: {} });
});

test("pages out of order are refused, and the client may begin anew", async (t) => {
  const { url } = await fleet(t);
  const client = await RawClient.connect(t, url);
  const ask = (id: number, more: object) =>
    client.command({ id, subscribe: { channel: "fleet", type: 1, phase: 2, limit: 10, ...more } });
  ask(2, {});
  const first = (await client.reply(2)) as { subscribe: { cursor: string; state: unknown[] } };
  assert.equal(first.subscribe.state.length, 10);
  ask(3, { cursor: "17" });
  assert.match(JSON.stringify(await client.reply(3)), /"code":112/);
  ask(4, { cursor: first.subscribe.cursor });
  assert.match(JSON.stringify(await client.reply(4)), /"code":112/, "the flow was ended");
  ask(5, {});
  ask(6, {});
  assert.ok("subscribe" in (await client.reply(6)), "a flow that begins anew is no second subscription");
});
