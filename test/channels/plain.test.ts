import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { eventually } from "./support/eventually.js";
import { RawClient } from "./support/raw-client.js";
import { startServer } from "./support/server.js";

const channels = [
  { channel: "rooms", topics: ["rooms/#"], snapshot: true },
  {
    channel: "device:{id}",
    topics: ["devices/{id}/#"],
    publish: { topic: "devices/{id}/commands", qos: 0 as const, retain: false },
  },
];

type Frame = { event: string; data: unknown; meta: { topic: string; time?: number; encoding?: string } };

async function listen(
  t: TestContext,
  url: string,
): Promise<{ client: RawClient; frames: (count: number) => Promise<Frame[]> }> {
  const client = await RawClient.open(t, url);
  const frames = async (count: number): Promise<Frame[]> =>
    (await client.until(
      () => (client.replies.length >= count ? client.replies : undefined),
      `${count} frames`,
    )) as never;
  return { client, frames };
}

test("a bare WebSocket receives the channel, one JSON object per message", async (t) => {
  const { bus, plainUrl } = await startServer(t, { channels });
  const { client, frames } = await listen(t, plainUrl("device:7"));
  const before = Date.now();
  bus.send("devices/7/telemetry", '{"c":\n21.50}');
  bus.send("devices/7/log", "text");
  bus.send("devices/7/raw", Buffer.from([0xff]));
  const [json, text, binary] = await frames(3);
  assert.equal(client.frames.length, 3);
  assert.deepEqual(
    { ...json, meta: json?.meta.topic },
    { event: "message", data: { c: 21.5 }, meta: "devices/7/telemetry" },
  );
  assert.ok(Number(json?.meta.time) >= before && Number(json?.meta.time) <= Date.now());
  assert.deepEqual([text?.data, text?.meta.encoding], ["text", undefined]);
  assert.deepEqual([binary?.data, binary?.meta.encoding], ["/w==", "base64"]);
});

test("the last values come first", async (t) => {
  const { bus, plainUrl } = await startServer(t, { channels });
  bus.send("rooms/a", "1");
  bus.send("rooms/b", "2");
  const { frames } = await listen(t, plainUrl("rooms"));
  await frames(2);
  bus.send("rooms/a", "3");
  const all = await frames(3);
  assert.deepEqual(
    all.map(({ data, meta }) => [meta.topic, data]),
    [
      ["rooms/a", 1],
      ["rooms/b", 2],
      ["rooms/a", 3],
    ],
  );
});

test("a retained value tells no time, since nobody knows it", async (t) => {
  const { bus, plainUrl } = await startServer(t);
  bus.send("a", "1", { retain: true });
  const { frames } = await listen(t, plainUrl("mqtt:a"));
  assert.deepEqual(await frames(1), [{ event: "message", data: 1, meta: { topic: "a" } }]);
});

test("what it sends becomes the rule's MQTT message", async (t) => {
  const { bus, plainUrl } = await startServer(t, { channels });
  const { client, frames } = await listen(t, `${plainUrl("device:7")}?notify_self=1`);
  client.socket.send('{"event":"led","data":{"on":true}}');
  client.socket.send('{"event":"message","data":"/wA=","meta":{"encoding":"base64"}}');
  await frames(2);
  assert.deepEqual(
    bus.published.map(({ topic, payload }) => [topic, payload.toString("latin1")]),
    [
      ["devices/7/commands", '{"on":true}'],
      ["devices/7/commands", "\xff\x00"],
    ],
  );
});

const refused: [string, string, string, number, RegExp][] = [
  ["a channel that cannot be published to", "rooms", '{"event":"x","data":1}', 103, /"rooms" is read-only/],
  ["a frame that is no JSON", "device:7", "hello", 107, /a frame must be JSON/],
  ["a frame that is no object", "device:7", "[1]", 107, /must be a JSON object/],
  ["a frame without event", "device:7", '{"data":1}', 107, /needs an "event"/],
  ["an event that is no text", "device:7", '{"event":1,"data":1}', 107, /needs an "event"/],
  ["an event of the server's own", "device:7", '{"event":"system:x","data":1}', 107, /system:/],
  ["a frame without data", "device:7", '{"event":"x"}', 107, /needs "data"/],
  [
    "meta that is no object",
    "device:7",
    '{"event":"x","data":1,"meta":"y"}',
    107,
    /"meta" must be an object/,
  ],
  [
    "an unknown encoding",
    "device:7",
    '{"event":"x","data":"1","meta":{"encoding":"hex"}}',
    107,
    /only be "base64"/,
  ],
  [
    "base64 that is none",
    "device:7",
    '{"event":"x","data":"???","meta":{"encoding":"base64"}}',
    107,
    /not base64/,
  ],
  [
    "base64 that is a number",
    "device:7",
    '{"event":"x","data":7,"meta":{"encoding":"base64"}}',
    107,
    /must be a string/,
  ],
];

for (const [what, channel, frame, code, message] of refused) {
  test(`${what} is answered with a system:error ${code}`, async (t) => {
    const { bus, plainUrl } = await startServer(t, { channels });
    const { client, frames } = await listen(t, plainUrl(channel));
    client.socket.send(frame);
    const [answer] = await frames(1);
    const { code: got, message: text } = (answer?.data ?? {}) as { code: number; message: string };
    assert.deepEqual([answer?.event, got], ["system:error", code]);
    assert.match(text, message);
    assert.deepEqual(bus.published, []);
  });
}

test("an unknown channel is refused at the upgrade with HTTP 404 and the reason", async (t) => {
  const { plainUrl, gateway } = await startServer(t, { channels });
  const refusals: [string, RegExp][] = [
    ["nobody", /unknown channel: no rule makes a channel \\?"nobody/],
    ["__proto__", /__proto__/],
    ["mqtt:a/#/b", /# must be the whole last level/],
    ["x".repeat(300), /not be longer than 255/],
  ];
  for (const [channel, message] of refusals) {
    const socket = new WebSocket(plainUrl(channel));
    socket.on("error", () => {});
    const [, response] = await once(socket, "unexpected-response");
    let body = "";
    for await (const chunk of response) body += chunk;
    assert.deepEqual([response.statusCode, response.headers["content-type"]], [404, "application/json"]);
    assert.match(JSON.parse(body).error, message);
  }
  assert.deepEqual([gateway.stats().plainSessions, gateway.stats().refused], [0, 4]);
});

test("a channel that cannot be served is told and closed with code 3004, not at once", async (t) => {
  const { bus, plainUrl, bridge } = await startServer(t);
  bus.beforeRetained = () => Promise.reject(new Error("the disk is gone"));
  const began = performance.now();
  const { client, frames } = await listen(t, plainUrl("mqtt:a"));
  const [error] = await frames(1);
  const { code } = (error?.data ?? {}) as { code?: number };
  assert.deepEqual([error?.event, code], ["system:error", 100]);
  assert.equal((await client.closed).code, 3004);
  const took = performance.now() - began;
  assert.ok(
    took > 900,
    `it was closed after ${took} ms; some clients would be back at once, and so on without end`,
  );
  assert.equal(bridge.stats().subscribers, 0);
});

test("a half-open connection is noticed and closed", async (t) => {
  const { plainUrl, gateway, bridge } = await startServer(t, {
    gateway: { pingInterval: 300, pongTimeout: 250 },
  });
  const alive = await RawClient.open(t, plainUrl("mqtt:a"));
  const dead = new WebSocket(plainUrl("mqtt:a"), { autoPong: false });
  t.after(() => dead.terminate());
  const [code, reason] = await once(dead, "close");
  assert.deepEqual([code, String(reason)], [3012, "no pong"]);
  const pinged = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) await once(alive.socket, "ping");
  };
  await pinged();
  assert.deepEqual([gateway.stats().plainSessions, bridge.stats().subscribers], [1, 1]);
});

test("a plain session that reads too slowly is closed with code 3008", async (t) => {
  const { bus, plainUrl, gateway } = await startServer(t, { gateway: { maxOutboxSize: 100_000 } });
  const { client } = await listen(t, plainUrl("mqtt:flood"));
  client.socket.pause();
  for (let i = 0; i < 10_000 && gateway.stats().disconnects.slow === undefined; i++) {
    bus.send("flood", JSON.stringify("x".repeat(10_000)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  client.socket.resume();
  assert.deepEqual(await client.closed, { code: 3008, reason: "slow" });
});

test("a client that leaves ends its subscription", async (t) => {
  const { plainUrl, gateway, bridge } = await startServer(t);
  const { client } = await listen(t, plainUrl("mqtt:a"));
  client.socket.close();
  await client.closed;
  await eventually(() => gateway.stats().plainSessions === 0, "the session is gone");
  const { plainSessions, subscriptions } = gateway.stats();
  assert.deepEqual([plainSessions, subscriptions, bridge.stats().subscribers], [0, 0, 0]);
});
