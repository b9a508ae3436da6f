import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import mqttPacket from "mqtt-packet";
import { ChannelReader } from "../../faults/support/channel.js";
import { pace } from "../../faults/support/pace.js";
import { RawMqtt } from "../../helpers/raw.js";
import { startServer } from "../../helpers/server.js";
import { besiege } from "./siege.js";

const MIB = 1024 ** 2;
/** Topics of one write. */
const BATCH = 100;
const MAX_TOPICS = 5_000;
const MAX_RETAINED = 20_000;
/** Of all that has a bound, and of garbage; the same for any number of topics. */
const MOST_MEMORY = 300 * MIB;

/** What a busy machine may need for what the flooder is ahead of the server. */
const WORKED_OFF_MS = 180_000;

export interface TopicFlood {
  readonly topics: number;
  readonly perSecond: number;
}

/** What a server keeps of topics, each with its bound; rights, so that there are verdicts to keep too. */
const config = {
  allowAnonymous: true,
  mqtt: { maxRetained: MAX_RETAINED },
  bridge: {
    maxTopics: MAX_TOPICS,
    maxHistorySize: "8MiB",
    channels: [
      { channel: "all", topics: ["flood/#"], snapshot: true, history: { size: 1_000 } },
      { channel: "one:{id}", topics: ["flood/+/{id}/+"], snapshot: true, history: { size: 10 } },
      { channel: "neighbour", topics: ["neighbour/clock"] },
    ],
  },
  rights: {
    rules: [
      { allow: ["publish", "subscribe"], topics: ["flood/#", "neighbour/#"], anonymous: true },
      { allow: ["subscribe", "publish", "presence", "history"], channels: ["*"], anonymous: true },
      { deny: ["publish", "subscribe"], topics: ["flood/secret/#"], anonymous: true },
    ],
  },
};

/** One client publishes to one topic after the other, none of them twice; others are subscribed to all of them. */
export async function floodTopics(t: TestContext, { topics, perSecond }: TopicFlood): Promise<void> {
  const server = await startServer(t, { config });
  const channel = await ChannelReader.subscribe(t, server, "all");
  const wide = await RawMqtt.connect(t, server, { collects: false });
  await wide.subscribe({ "#": 0, "flood/+/+/+": 1 });
  const flooder = await RawMqtt.connect(t, server, { clientId: "flooder" });
  const options = { memory: MOST_MEMORY, neighbours: { channel: "neighbour" } };
  const siege = await besiege(t, server, options, async () => {
    await pace(topics / BATCH, perSecond / BATCH, (batch) => flooder.sendBytes(packets(batch, false)));
    await flooder.ping(WORKED_OFF_MS);
  });
  assert.equal(siege.after.get('mqtt_messages_received_total{qos="0"}') >= topics, true);
  assert.ok(siege.after.get("channel_topics") <= 2 * MAX_TOPICS, "bridge.maxTopics holds");
  assert.ok(siege.rise("channel_topics_dropped_total") >= topics - 2 * MAX_TOPICS);
  assert.ok(channel.numbers.length > 0, "the channel was fed");
}

/** The same with retained messages. */
export async function floodRetained(t: TestContext, { topics, perSecond }: TopicFlood): Promise<void> {
  const server = await startServer(t, { config });
  const flooder = await RawMqtt.connect(t, server, { clientId: "flooder" });
  const options = { memory: 200 * MIB, neighbours: { channel: "neighbour" } };
  const siege = await besiege(t, server, options, async () => {
    await pace(topics / BATCH, perSecond / BATCH, (batch) => flooder.sendBytes(packets(batch, true)));
    await flooder.ping(WORKED_OFF_MS);
  });
  assert.equal(siege.rise("mqtt_retained_refused_total"), topics - MAX_RETAINED);
}

/** `flood/SHARD/ID/NUMBER`, none of them twice. */
function packets(batch: number, retain: boolean): Buffer {
  const messages = Array.from({ length: BATCH }, (_, i) => {
    const number = batch * BATCH + i;
    const topic = `flood/${number % 97}/${number}/${number}`;
    return mqttPacket.generate({ cmd: "publish", topic, payload: `${number}`, qos: 0, retain, dup: false });
  });
  return Buffer.concat(messages);
}
