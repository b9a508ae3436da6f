import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { eventually } from "./support/eventually.js";
import { Gate } from "./support/gate.js";
import { answer, errorOf, heard } from "./support/heard.js";
import { RawClient } from "./support/raw-client.js";
import { startServer } from "./support/server.js";
import { TestTokens } from "./support/test-tokens.js";

const a = { channel: "a", topics: ["a"], publish: { topic: "a", qos: 0 as const, retain: false } };
const token = TestTokens.connection({ user: "ann" });

/** A session whose token is being checked. */
async function connecting(t: TestContext) {
  const tokens = new TestTokens();
  const server = await startServer(t, { channels: [a], tokens });
  const gate = new Gate();
  tokens.before = gate.pass;
  const client = await RawClient.open(t, server.url);
  client.command({ id: 1, connect: { token } });
  await gate.reached;
  return { server, client, gate };
}

test("commands that come while the token is checked are answered after it, in their order", async (t) => {
  const { server, client, gate } = await connecting(t);
  client.command({ id: 2, subscribe: { channel: "a" } }, { id: 3, publish: { channel: "a", data: "early" } });
  client.command({ id: 4, unsubscribe: { channel: "mqtt:b" } });
  client.socket.send("{}");
  client.command({ id: 5, subscribe: { channel: "nowhere" } });
  await eventually(() => server.gateway.stats().messagesReceived === 5, "they have come");
  assert.deepEqual([client.replies, server.bus.published], [[], []]);
  gate.open();
  await client.reply(5);
  await heard(client, "a", 1);
  const ids = client.replies.flatMap(({ id }) => (id === undefined ? [] : [id]));
  assert.deepEqual(
    ids.filter((id) => id !== 3),
    [1, 2, 4, 5],
  );
  assert.deepEqual(await answer(client, 3), {});
});

test("they are bounded", async (t) => {
  const { client, gate } = await connecting(t);
  for (let id = 2; id <= 101; id++) client.command({ id, unsubscribe: { channel: "mqtt:a" } });
  await client.command({ id: 102, unsubscribe: { channel: "mqtt:a" } });
  assert.deepEqual(await client.closed, {
    code: 3501,
    reason: "bad request: too many commands before the answer to connect",
  });
  gate.open();
});

test("they are bounded in size, too", async (t) => {
  const { client, gate } = await connecting(t);
  const data = "x".repeat(40_000);
  for (const id of [2, 3]) client.command({ id, publish: { channel: "mqtt:a", data } });
  assert.equal((await client.closed).code, 3501);
  gate.open();
});

test("as many as may be are all answered", async (t) => {
  const { client, gate } = await connecting(t);
  client.command(
    ...Array.from({ length: 100 }, (_, i) => ({ id: i + 2, unsubscribe: { channel: "mqtt:a" } })),
  );
  gate.open();
  await client.reply(101);
  assert.deepEqual(
    client.replies.map(({ id }) => id),
    Array.from({ length: 101 }, (_, i) => i + 1),
  );
});

test("one among them that is no command ends the session in its turn", async (t) => {
  const { client, gate } = await connecting(t);
  client.command({ id: 2, unsubscribe: { channel: "mqtt:a" } });
  client.socket.send("garbage");
  client.command({ id: 3, unsubscribe: { channel: "mqtt:a" } });
  gate.open();
  assert.equal((await client.closed).code, 3501);
  assert.deepEqual(
    client.replies.map(({ id }) => id),
    [1, 2],
  );
});

test("a second connect among them ends the session", async (t) => {
  const { client, gate } = await connecting(t);
  client.command({ id: 2, connect: { token } });
  gate.open();
  assert.equal((await client.closed).code, 3501);
});

test("they do not get in by a connect that was refused", async (t) => {
  const tokens = new TestTokens();
  const { url, bus } = await startServer(t, { tokens });
  const client = await RawClient.open(t, url);
  client.command(
    { id: 1, connect: { token: TestTokens.connection({ expiresAt: 1 }) } },
    { id: 2, publish: { channel: "mqtt:a", data: 1 } },
  );
  assert.equal(await errorOf(client, 1), 109);
  assert.equal((await client.closed).code, 3501);
  assert.deepEqual(bus.published, []);
});

test("a client that goes meanwhile has done nothing", async (t) => {
  const { server, client, gate } = await connecting(t);
  client.command(
    { id: 2, subscribe: { channel: "mqtt:a" } },
    { id: 3, publish: { channel: "mqtt:a", data: 1 } },
  );
  await eventually(() => server.gateway.stats().messagesReceived === 2, "they have come");
  client.socket.terminate();
  await eventually(() => server.gateway.stats().sessions === 0, "it is gone");
  gate.open();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([server.bus.published, server.gateway.stats().subscriptions], [[], 0]);
});
