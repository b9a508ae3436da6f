import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Packet } from "mqtt-packet";
import { Metrics } from "../faults/support/metrics.js";
import { RawMqtt } from "../helpers/raw.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { ChannelSession } from "./support/channel-session.js";
import { besiege } from "./support/siege.js";

const MIB = 1024 ** 2;
const ROUNDS = 3;
/** With it a frame is within gateway.maxFrameSize. */
const LONGEST_CHANNEL = 60_000;

/** Topics, and the limit that each is over. */
const TOPICS: readonly (readonly [what: string, topic: string, limit: RegExp])[] = [
  ["nothing but slashes", "/".repeat(65_535), /limits\.maxTopic(Length|Levels)/],
  ["ten thousand levels", `a${"/a".repeat(9_999)}`, /limits\.maxTopic(Length|Levels)/],
  ["short levels", "/".repeat(4_000), /limits\.maxTopicLevels/],
  ["one long level", "x".repeat(65_535), /limits\.maxTopicLength/],
];

/** What a client that was let in sends with such a topic. */
const PACKETS: Readonly<Record<string, (topic: string) => Packet>> = {
  publish: (topic) => ({
    cmd: "publish",
    topic,
    payload: "x",
    qos: 1,
    messageId: 1,
    retain: true,
    dup: false,
  }),
  subscribe: (topic) => ({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: 1 }] }),
  unsubscribe: (topic) => ({ cmd: "unsubscribe", messageId: 1, unsubscriptions: [topic] }),
};

test("topics without end end the connection of who sends them, and the log names the limit", async (t) => {
  const server = await startServer(t, { config: { limits: { maxTopicLevels: 64 } } });
  const limits = new Map<string, RegExp>();
  const siege = await besiege(t, server, { memory: 64 * MIB }, async () => {
    for (let round = 0; round < ROUNDS; round++)
      for (const [what, topic, limit] of TOPICS) {
        for (const kind of Object.keys(PACKETS)) {
          const clientId = `${kind} of ${what} ${round}`;
          limits.set(clientId, limit);
          await sends(t, server, clientId, PACKETS[kind]?.(topic) as Packet);
        }
        await wills(t, server, topic);
      }
  });
  const refused = siege.lines.filter(({ msg }) => msg === "client disconnected");
  for (const [clientId, limit] of limits) {
    const line = refused.find(({ client }) => client === clientId);
    assert.match(String(line?.reason), limit, clientId);
  }
  assert.equal(siege.rise("mqtt_client_errors_total"), limits.size + ROUNDS * TOPICS.length);
  assert.equal(siege.after.get("mqtt_subscriptions"), siege.before.get("mqtt_subscriptions"));
});

test("the same topics as channels and in the REST API are refused", async (t) => {
  const server = await startServer(t);
  const before = (await Metrics.read(server)).get("mqtt_subscriptions");
  const session = await ChannelSession.open(t, server);
  for (const [what, topic] of TOPICS) {
    for (const command of ["subscribe", "publish", "history", "presence"]) {
      const channel = `mqtt:${topic.slice(0, LONGEST_CHANNEL)}`;
      const { error } = await session.ask({ [command]: { channel, data: 1 } });
      assert.ok(error, `${command} of ${what}`);
      assert.ok(JSON.stringify(error).length < 1_000, "the topic is not sent back whole");
    }
    // Clients' limits are not those of the API, whose callers have a key: there what MQTT knows is the bound.
    const body = JSON.stringify({ topic: `${topic}${topic.length < 65_535 ? "" : "x"}`, data: 1 });
    const headers = { "content-type": "application/json" };
    const published = await fetch(`${server.httpUrl}/api/v1/publish`, { method: "POST", headers, body });
    assert.equal(published.status, 400, what);
    assert.ok((await published.text()).length < 1_000, "the topic is not sent back whole");
    const retained = await fetch(`${server.httpUrl}/api/v1/retained?filter=${encodeURIComponent(topic)}`);
    assert.ok([400, 431].includes(retained.status), `${what}: ${retained.status}`);
  }
  assert.equal((await Metrics.read(server)).get("mqtt_subscriptions"), before);
  assert.ok(server.alive);
});

async function sends(t: TestContext, server: RunningServer, clientId: string, packet: Packet): Promise<void> {
  const client = await RawMqtt.connect(t, server, { clientId });
  client.send(packet);
  const taken = client.ping().then(() => assert.fail(`${clientId} was taken`));
  await Promise.race([
    client.closed,
    taken.catch((error) => assert.match(error.message, /was closed before/)),
  ]);
}

/** A will to it: CONNECT is not answered with success. */
async function wills(t: TestContext, server: RunningServer, topic: string): Promise<void> {
  const will = { topic, payload: Buffer.from("x"), qos: 1, retain: true } as const;
  await assert.rejects(RawMqtt.connect(t, server, { will }), /closed before CONNACK/);
}
