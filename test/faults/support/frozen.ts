import assert from "node:assert/strict";
import { type Carrier, numbered, numberOf, RawMqtt } from "../../helpers/raw.js";
import { type RunningServer, startServer } from "../../helpers/server.js";
import type { Teardown } from "../../helpers/teardown.js";
import { ChannelReader } from "./channel.js";
import { Gap } from "./gap.js";
import { Metrics } from "./metrics.js";
import { pace } from "./pace.js";
import { memoryOf } from "./process.js";

const RATE = 2_000;
const SIZE = 10_000;
const TOPIC = "flood";
/** Messages after the frozen client reads again. */
const TAIL = 100;
const MIB = 1024 ** 2;
/** What a server may take above its configured bounds: code, buffers of sockets, garbage that is not collected yet. */
const SPARE = 200 * MIB;

const limits = {
  maxOutboxSize: 4 * MIB,
  maxInflight: 100,
  maxQueuedSize: 32 * MIB,
  drainTimeout: "10m",
};
/** Messages that a clean session may have waiting; a kept one is to lose nothing. */
const CLEAN_QUEUE = 2_000;

export interface FrozenCase {
  readonly carrier: Carrier;
  readonly qos: 0 | 1;
  readonly clean: boolean;
}

export const FROZEN_CASES: readonly FrozenCase[] = (["tcp", "ws"] as const).flatMap((carrier) =>
  ([0, 1] as const).flatMap((qos) => [true, false].map((clean) => ({ carrier, qos, clean }))),
);

export function nameOf({ carrier, qos, clean }: FrozenCase): string {
  const over = carrier === "tcp" ? "TCP" : "WebSocket";
  return `over ${over}, QoS ${qos}, ${clean ? "clean" : "kept"} session`;
}

/**
 * A subscriber stops reading beside a healthy one, and reads again after some seconds. Resolves to the healthy one's
 * longest gap in milliseconds.
 */
export async function freezeMqtt(t: Teardown, frozenCase: FrozenCase, seconds: number): Promise<number> {
  const { carrier, qos, clean } = frozenCase;
  const count = RATE * seconds;
  const maxQueuedMessages = clean ? CLEAN_QUEUE : 10 * count;
  const server = await startServer(t, {
    config: { mqtt: { ...limits, maxQueuedMessages }, sessions: { maxQueuedSize: "1GiB" } },
  });
  const before = await memoryOf(server);
  const frozen = await RawMqtt.connect(t, server, { carrier, clean });
  const healthy = await RawMqtt.connect(t, server, { carrier, answers: true, collects: false });
  for (const client of [frozen, healthy]) await client.subscribe({ [TOPIC]: qos });
  const publisher = await RawMqtt.connect(t, server);
  const got = { frozen: numbersOf(frozen), healthy: numbersOf(healthy) };
  const gap = gapOf(healthy);

  frozen.pause();
  const publish = (number: number) => publisher.publish(TOPIC, numbered(number, SIZE), qos);
  await pace(count, RATE, publish, () => got.healthy.length);
  await healthy.until(() => got.healthy.length >= count, "every message");
  await publisher.allAcknowledged(qos === 0 ? 0 : count);
  assertInOrder(got.healthy, count);
  const { longest } = gap;
  const frozenFigures = await Metrics.read(server);
  if (qos === 0 || clean) assert.ok(frozenFigures.dropped > 0, "it was frozen for long enough to lose some");

  frozen.answers = true;
  for (const { id, qos } of frozen.received) if (qos === 1) frozen.puback(id);
  frozen.resume();
  await frozen.until(() => got.frozen.length + frozenFigures.dropped >= count, "what waited for it");
  const resumed = [...got.frozen];
  for (let i = 0; i < TAIL; i++) publish(count + i);
  await frozen.until(() => got.frozen.at(-1) === count + TAIL - 1, "what is sent after it reads again");

  const { dropped } = await Metrics.read(server);
  assert.equal(got.frozen.length + dropped, count + TAIL, "received and dropped add up to sent");
  assert.equal(dropped, frozenFigures.dropped, "nothing is dropped once it reads");
  assertByPolicy(resumed, count, frozenCase);
  assert.deepEqual(
    got.frozen.slice(resumed.length),
    Array.from({ length: TAIL }, (_, i) => count + i),
  );
  await assertAtRest(server, publisher, qos === 0 ? 0 : count + TAIL);
  const { most } = await memoryOf(server);
  const bound = before.now + limits.maxOutboxSize + limits.maxQueuedSize + limits.maxInflight * SIZE + SPARE;
  assert.ok(most <= bound, `${Math.round(most / MIB)} MiB; the bound is ${Math.round(bound / MIB)} MiB`);
  return longest;
}

/** The same with sessions of the channel protocol: one that reads again, and one that never does. */
export async function freezeChannel(t: Teardown, seconds: number): Promise<number> {
  const count = RATE * seconds;
  const maxOutboxSize = MIB;
  const server = await startServer(t, { config: { gateway: { maxOutboxSize } } });
  const before = await memoryOf(server);
  const channel = `mqtt:${TOPIC}`;
  const [frozen, gone, healthy] = [
    await ChannelReader.subscribe(t, server, channel),
    await ChannelReader.subscribe(t, server, channel),
    await ChannelReader.subscribe(t, server, channel),
  ];
  const bystander = await RawMqtt.connect(t, server, { collects: false });
  await bystander.subscribe({ [TOPIC]: 0 });
  const bystanders = numbersOf(bystander);
  const publisher = await RawMqtt.connect(t, server);
  const gap = new Gap();
  healthy.onPublication = () => gap.mark();

  for (const reader of [frozen, gone]) reader.pause();
  const publish = (number: number) => publisher.publish(TOPIC, numbered(number, SIZE));
  const published = pace(count, RATE, publish, () => Math.min(healthy.numbers.length, bystanders.length));
  await server.logged(({ msg }) => msg === "session closed: slow");
  frozen.resume(); // the frames before the close frame are still on their way
  const { code, reason } = await frozen.closed;
  assert.deepEqual([code, reason], [3008, "slow"]);
  await published;
  await Promise.all([healthy.publications(count), bystander.until(() => bystanders.length >= count, "all")]);

  assertInOrder(healthy.numbers, count);
  assertInOrder(bystanders, count);
  assert.ok(frozen.numbers.length < count, "it was closed before the end");
  assertInOrder(frozen.numbers, frozen.numbers.length); // nothing is left out before the close
  const over = (metrics: Metrics) => metrics.get('sessions{transport="websocket"}') === 1;
  const metrics = await Metrics.until(server, over, "the sessions of the frozen are gone");
  assert.equal(metrics.get('session_disconnects_total{code="slow"}'), 2);
  assert.equal(metrics.get("channel_subscribers"), 1);
  assert.equal(metrics.dropped, 0);
  const { most } = await memoryOf(server);
  // One turn may reach four times the bound before a session is found to be slow.
  const bound = before.now + 2 * 4 * maxOutboxSize + SPARE;
  assert.ok(most <= bound, `${Math.round(most / MIB)} MiB; the bound is ${Math.round(bound / MIB)} MiB`);
  return gap.longest;
}

/** Collects the numbers of the messages that a client gets from now on. */
function numbersOf(client: RawMqtt): number[] {
  const numbers: number[] = [];
  const before = client.onPublish;
  client.onPublish = (publish) => {
    before(publish);
    numbers.push(numberOf(publish));
  };
  return numbers;
}

function gapOf(client: RawMqtt): Gap {
  const gap = new Gap();
  const before = client.onPublish;
  client.onPublish = (publish) => {
    before(publish);
    gap.mark();
  };
  return gap;
}

function assertInOrder(numbers: readonly number[], count: number): void {
  const wrong = numbers.findIndex((number, index) => number !== index);
  assert.equal(wrong, -1, `message ${numbers[wrong]} came in place of ${wrong}`);
  assert.equal(numbers.length, count);
}

/** What a client that was frozen gets of the messages sent meanwhile. */
function assertByPolicy(numbers: readonly number[], count: number, { qos, clean }: FrozenCase): void {
  if (qos === 1 && !clean) {
    assertInOrder(numbers, count);
    return;
  }
  const falling = numbers.findIndex((number, index) => number <= (numbers[index - 1] ?? -1));
  assert.equal(falling, -1, `message ${numbers[falling]} came after ${numbers[falling - 1]}`);
  assert.equal(numbers[0], 0, "what was sent before the congestion arrives");
  if (qos === 0) return;
  // What was sent, then the newest of the bounded queue.
  const newest = numbers.slice(-CLEAN_QUEUE);
  assert.deepEqual(
    newest,
    Array.from({ length: CLEAN_QUEUE }, (_, i) => count - CLEAN_QUEUE + i),
  );
  assertInOrder(numbers.slice(0, -CLEAN_QUEUE), numbers.length - CLEAN_QUEUE);
}

async function assertAtRest(server: RunningServer, publisher: RawMqtt, acknowledged: number): Promise<void> {
  await publisher.allAcknowledged(acknowledged);
  await Metrics.until(
    server,
    (metrics) => metrics.get("mqtt_queued_messages") + metrics.get("mqtt_inflight_messages") === 0,
    "the queues are empty",
  );
}
