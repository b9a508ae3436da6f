import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { MAX_WAITING } from "../../../src/gateway/ordered-frames.js";
import { eventually } from "../support/eventually.js";
import { MemoryBus } from "../support/memory-bus.js";
import { emulate, post, RawStream } from "../support/raw-stream.js";
import { startServer, type TestOptions, type TestServer } from "../support/server.js";

/*
 * POST /emulation: what the clients of http_stream and sse send, in requests that overtake each other.
 */

interface Ids {
  readonly session: string;
  readonly node: string;
}

async function open(t: TestContext, options: TestOptions = {}) {
  const server = await startServer(t, options);
  const client = await RawStream.stream(t, server);
  const { connect } = (await client.reply(1)) as { connect: Ids };
  return { server, client, ids: { session: connect.session, node: connect.node } };
}

const publish = (id: number) => ({ id, publish: { channel: "mqtt:a", data: id } });
const published = ({ bus }: TestServer) => bus.published.map(({ payload }) => Number(payload));

describe("commands", () => {
  test("are handled in the order of their ids, in whichever order they come", async (t) => {
    const { server, client } = await open(t);
    for (const id of [4, 3, 6, 5]) assert.equal(await client.command(publish(id)), 204);
    assert.deepEqual(published(server), [], "the one before them is missing");
    assert.equal(await client.command(publish(2)), 204);
    await client.reply(6);
    assert.deepEqual(published(server), [2, 3, 4, 5, 6]);
  });

  test("that came together stay together", async (t) => {
    const { server, client } = await open(t);
    await client.command(publish(4), publish(5));
    await client.command(publish(2), publish(3));
    await client.reply(5);
    assert.deepEqual(published(server), [2, 3, 4, 5]);
  });

  test("do not wait for ever for one that never comes, nor wait for it twice", async (t) => {
    const { server, client } = await open(t);
    for (const id of [9, 8]) await client.command(publish(id));
    await client.reply(9);
    assert.deepEqual(published(server), [8, 9]);
    const before = performance.now();
    await client.command(publish(10));
    await client.reply(10);
    assert.ok(performance.now() - before < 900, "it was held up by what is past");
    await client.command(publish(7));
    await client.reply(7);
  });

  test("without an id wait for nothing", async (t) => {
    const { server, client } = await open(t, { gateway: { pingInterval: 300, pongTimeout: 250 } });
    await client.command(publish(3));
    const before = server.gateway.stats().messagesReceived;
    await client.command({});
    assert.equal(server.gateway.stats().messagesReceived, before + 1);
    assert.deepEqual(published(server), []);
  });

  test("wait while the session has enough to do, and are refused with 429 when too many wait", async (t) => {
    const bus = new MemoryBus();
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    bus.beforePublish = () => released;
    const { server, client } = await open(t, { bus });
    const ids = Array.from({ length: 100 + MAX_WAITING }, (_, i) => i + 2);
    assert.equal(await client.command(...ids.slice(0, 100).map(publish)), 204);
    const waiting = await Promise.all(ids.slice(100).map((id) => client.command(publish(id))));
    assert.deepEqual([...new Set(waiting)], [204]);
    assert.equal(await client.command(publish(1_000)), 429);
    assert.equal(server.gateway.stats().refusedRequests[429], 1);
    assert.deepEqual(published(server), []);
    release();
    await eventually(() => bus.published.length === ids.length, "all others are published");
    assert.deepEqual(published(server), ids);
    assert.equal(await client.command(publish(2_000)), 204);
    await client.reply(2_000);
  });

  test("are bounded in bytes too while they wait", async (t) => {
    const { server, client } = await open(t, { gateway: { maxFrameSize: 2_000 } });
    const large = (id: number) => ({ id, publish: { channel: "mqtt:a", data: "x".repeat(1_900) } });
    const statuses = [];
    // The second is missing.
    for (let id = 3; id < 9; id++) statuses.push(await client.command(large(id)));
    assert.deepEqual(statuses, [204, 204, 204, 204, 429, 429]);
    assert.equal(server.gateway.stats().sessions, 1);
  });

  test("after a session has ended for good are dropped without a word, as its client is told so already", async (t) => {
    const { server, client, ids } = await open(t);
    assert.equal(await emulate(server, { ...ids, data: "nonsense" }), 204);
    assert.deepEqual(await client.disconnected(), {
      code: 3501,
      reason: "bad request: a command must be JSON",
    });
    await client.ended;
    await eventually(() => server.gateway.stats().sessions === 0, "the session is gone");
    assert.equal(await emulate(server, { ...ids, data: JSON.stringify(publish(2)) }), 204);
    assert.deepEqual(published(server), []);
  });

  test("after a session has ended otherwise get 404, so that the client connects anew", async (t) => {
    const { server, client, ids } = await open(t);
    client.response.destroy();
    await eventually(() => server.gateway.stats().sessions === 0, "the session is gone");
    assert.equal(await emulate(server, { ...ids, data: "{}" }), 404);
    assert.equal(server.gateway.stats().refusedRequests[404], 1);
  });

  test("for a session of a server that was there before get 404", async (t) => {
    const { server, ids } = await open(t);
    assert.equal(await emulate(server, { ...ids, node: "0".repeat(16), data: "{}" }), 404);
    assert.equal(await emulate(server, { ...ids, session: "0".repeat(32), data: "{}" }), 404);
  });

  test("while the response is being ended are dropped", async (t) => {
    const { server, client, ids } = await open(t);
    const closing = server.gateway.close(5_000);
    assert.ok([204, 404].includes(await emulate(server, { ...ids, data: JSON.stringify(publish(2)) })));
    await closing;
    await client.ended;
    assert.deepEqual(published(server), []);
  });
});

describe("a request is refused", () => {
  const refused: [string, (ids: Ids) => string, number, RegExp][] = [
    ["no JSON", () => "{", 400, /three strings/],
    ["no object", () => "[]", 400, /three strings/],
    ["nothing", () => "", 400, /three strings/],
    ["without a session", ({ node }) => JSON.stringify({ node, data: "{}" }), 400, /three strings/],
    ["with data that is no string", (ids) => JSON.stringify({ ...ids, data: {} }), 400, /three strings/],
    [
      "with an inherited name for a session",
      ({ node }) => JSON.stringify({ session: "__proto__", node, data: "{}" }),
      404,
      /no such session/,
    ],
    [
      "larger than a frame may be",
      (ids) => JSON.stringify({ ...ids, data: "x".repeat(65_537) }),
      413,
      /larger than 65536 bytes/,
    ],
    ["larger than any frame", () => " ".repeat(200_000), 413, /larger than \d+ bytes/],
  ];
  for (const [what, body, status, error] of refused)
    test(`with ${status} when it is ${what}`, async (t) => {
      const { server, ids } = await open(t);
      const response = await post(server, "/emulation", body(ids));
      assert.equal(response.status, status);
      assert.match(((await response.json()) as { error: string }).error, error);
      assert.equal(response.headers.get("access-control-allow-origin"), null);
      assert.equal(server.gateway.stats().refusedRequests[status], 1);
      assert.equal(server.gateway.stats().sessions, 1);
    });

  test("with 415 when a page of another origin could have sent it", async (t) => {
    const { server, ids } = await open(t);
    const body = JSON.stringify({ ...ids, data: JSON.stringify(publish(2)) });
    assert.equal((await post(server, "/emulation", body, "text/plain")).status, 415);
    assert.equal((await post(server, "/emulation", body, "application/json; charset=utf-8")).status, 204);
  });
});

test("a frame of the largest size is taken, however many of its characters are escaped", async (t) => {
  const { server, client, ids } = await open(t);
  const command = JSON.stringify({ id: 2, publish: { channel: "mqtt:a", data: '\\"'.repeat(16_000) } });
  assert.ok(command.length > 64_000);
  assert.equal(await emulate(server, { ...ids, data: command }), 204);
  await client.reply(2);
  assert.equal(server.bus.published[0]?.payload.length, 32_000);
});
