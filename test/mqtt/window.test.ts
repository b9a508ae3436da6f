import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Metrics } from "../faults/support/metrics.js";
import { cpuOf } from "../faults/support/process.js";
import { numberOf, type Publish, RawMqtt } from "../helpers/raw.js";
import { startServer } from "../helpers/server.js";

const KINDS = [
  { kind: "a clean session", clean: true },
  { kind: "a kept session", clean: false },
];
/** Messages that the publisher may have ahead of its acknowledgements. */
const AHEAD = 2_000;

interface Limits {
  readonly maxInflight: number;
  readonly maxQueuedMessages?: number;
}

/** A subscriber that knows which packet identifiers it has not let go of, and acknowledges only when told. */
class Subscriber {
  readonly client: RawMqtt;
  /** Messages above QoS 0, in order of arrival. */
  readonly received: Publish[] = [];
  readonly inUse = new Set<number>();
  /** Identifiers that came again while they were in use. */
  readonly reused: number[] = [];
  mostInUse = 0;
  onMessage: () => void = () => undefined;

  constructor(client: RawMqtt) {
    this.client = client;
    client.onPublish = (publish) => this.#take(publish);
  }

  get numbers(): number[] {
    return this.received.map(numberOf);
  }

  get ids(): number[] {
    return this.received.map(({ id }) => id);
  }

  puback(ids: Iterable<number>): void {
    for (const id of ids) {
      this.inUse.delete(id);
      this.client.puback(id);
    }
  }

  messages(count: number): Promise<void> {
    return this.client.until(() => this.received.length >= count, `${count} messages`);
  }

  #take(publish: Publish): void {
    if (publish.qos === 0) return;
    if (this.inUse.has(publish.id)) this.reused.push(publish.id);
    this.inUse.add(publish.id);
    this.mostInUse = Math.max(this.mostInUse, this.inUse.size);
    this.received.push(publish);
    this.onMessage();
  }
}

async function setUp(t: TestContext, limits: Limits, clean: boolean) {
  const server = await startServer(t, { config: { mqtt: limits } });
  const client = await RawMqtt.connect(t, server, { clean, clientId: "subscriber" });
  const granted = await client.subscribe({ data: 2, barrier: 0 });
  assert.deepEqual(granted, [2, 0]);
  const publisher = await RawMqtt.connect(t, server, { clientId: "publisher" });
  return { server, subscriber: new Subscriber(client), publisher };
}

/** Publishes `count` messages, numbered from `first` on, and waits until all are acknowledged. */
async function publishAll(
  publisher: RawMqtt,
  count: number,
  qosOf: (number: number) => 1 | 2 = () => 1,
  first = 0,
) {
  const before = publisher.acknowledged.length;
  for (let i = 0; i < count; i++) {
    if (i - (publisher.acknowledged.length - before) >= AHEAD)
      await publisher.allAcknowledged(before + i - AHEAD / 2);
    publisher.publish("data", `${first + i}`, qosOf(i));
  }
  await publisher.allAcknowledged(before + count);
}

/** Whatever the server was going to send by now is here: it has answered both, and QoS 0 got through, several times. */
async function barrier(publisher: RawMqtt, { client }: Subscriber): Promise<void> {
  for (let round = 0; round < 5; round++) {
    const before = client.received.length;
    publisher.publish("barrier", "");
    await client.until(() => client.received.slice(before).some(isBarrier), "the barrier");
    await client.ping();
    await publisher.ping();
  }
}

function isBarrier({ topic }: Publish): boolean {
  return topic === "barrier";
}

function upTo(end: number, start = 0): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}

/** The numbers 0 to count - 1 in an order that the seed decides. */
function shuffled(count: number, seed: number): number[] {
  const numbers = upTo(count);
  let state = seed;
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const j = state % (i + 1);
    [numbers[i], numbers[j]] = [numbers[j] ?? 0, numbers[i] ?? 0];
  }
  return numbers;
}

/** Publishes while the subscriber follows, so that no queue gets long. */
async function publishInStep(publisher: RawMqtt, subscriber: Subscriber, count: number, lead: number) {
  let sent = 0;
  const pump = () => {
    if (sent - subscriber.received.length > lead / 2) return;
    for (; sent < count && sent - subscriber.received.length < lead; sent++)
      publisher.publish("data", `${sent}`, 1);
  };
  const acknowledge = subscriber.onMessage;
  subscriber.onMessage = () => {
    acknowledge();
    pump();
  };
  pump();
  await publisher.allAcknowledged(count);
}

for (const { kind, clean } of KINDS) {
  test(`${kind}: packet identifiers wrap with slow acknowledgements, and one in use is never used again [MQTT-2.3.1-4]`, async (t) => {
    const maxInflight = 50;
    const count = 66_000;
    const { subscriber, publisher } = await setUp(t, { maxInflight }, clean);
    let held = 0;
    // Acknowledges when it must, all but the third message.
    subscriber.onMessage = () => {
      if (subscriber.received.length === 3) held = subscriber.received[2]?.id ?? 0;
      if (subscriber.inUse.size < maxInflight && subscriber.received.length < count) return;
      subscriber.puback([...subscriber.inUse].filter((id) => id !== held));
    };
    await publishInStep(publisher, subscriber, count, 1_000);
    // A kept session may wait for the identifier whose turn it is; a clean one has no reason to.
    await subscriber.messages(clean ? count : 65_535);
    await barrier(publisher, subscriber);
    assert.equal(subscriber.inUse.has(held), true);
    assert.equal(subscriber.ids.lastIndexOf(held), 2, "the identifier that is held is not used again");
    subscriber.puback([held]);
    held = 0;
    await subscriber.messages(count);
    assert.deepEqual(subscriber.numbers, upTo(count));
    assert.deepEqual(subscriber.reused, []);
    assert.equal(new Set(subscriber.ids).size, 65_535, "all identifiers are used");
    assert.ok(!subscriber.ids.includes(0), "0 is not an identifier [MQTT-2.3.1-1]");
    assert.equal(subscriber.mostInUse, maxInflight);
  });

  test(`${kind}: 65,535 messages in flight, acknowledged in any order`, async (t) => {
    const maxInflight = 65_535;
    const more = 5_000;
    const limits = { maxInflight, maxQueuedMessages: 100_000 };
    const { server, subscriber, publisher } = await setUp(t, limits, clean);
    const atStart = await cpuOf(server);
    await publishAll(publisher, maxInflight + more);
    await subscriber.messages(maxInflight);
    const published = await cpuOf(server);
    await barrier(publisher, subscriber);
    assert.equal(subscriber.received.length, maxInflight);
    assert.equal(new Set(subscriber.ids).size, maxInflight);
    const ids = subscriber.ids;
    subscriber.puback(shuffled(maxInflight, 7).map((index) => ids[index] ?? 0));
    await subscriber.client.ping(); // all are handled
    // A packet costs what it costs, however many identifiers are in use.
    const [publishing, acknowledging] = [published - atStart, (await cpuOf(server)) - published];
    const times = `publishing took ${publishing} ms of processor time, acknowledging ${acknowledging} ms`;
    t.diagnostic(times);
    assert.ok(acknowledging <= 2 * publishing, times);
    await subscriber.messages(maxInflight + more);
    await barrier(publisher, subscriber);
    assert.deepEqual(subscriber.numbers, upTo(maxInflight + more));
    assert.deepEqual(subscriber.reused, []);
    assert.equal((await Metrics.read(server)).dropped, 0);
  });

  test(`${kind}: what waits while all identifiers are in use does not wait for its own acknowledgement`, async (t) => {
    const maxInflight = 65_535;
    const [before, after] = [648, 2];
    const { subscriber, publisher } = await setUp(t, { maxInflight, maxQueuedMessages: 100_000 }, clean);
    await publishAll(publisher, maxInflight);
    await subscriber.messages(maxInflight);
    await publishAll(publisher, before, undefined, maxInflight);
    // One identifier is let go of in between.
    subscriber.puback([65_535]);
    await barrier(publisher, subscriber);
    await publishAll(publisher, after, undefined, maxInflight + before);
    subscriber.puback(subscriber.ids.slice(0, maxInflight).filter((id) => subscriber.inUse.has(id)));
    await subscriber.messages(maxInflight + before + after);
    assert.deepEqual(subscriber.numbers, upTo(maxInflight + before + after));
    assert.deepEqual(subscriber.reused, []);
  });

  test(`${kind}: mqtt.maxInflight is honoured exactly, QoS 1 and 2 together`, async (t) => {
    const maxInflight = 7;
    const count = 30;
    const { subscriber, publisher } = await setUp(t, { maxInflight }, clean);
    await publishAll(publisher, count, (number) => (number % 2 === 0 ? 1 : 2));
    for (let done = 0; done < count; done++) {
      const expected = Math.min(done + maxInflight, count);
      await subscriber.messages(expected);
      await barrier(publisher, subscriber);
      assert.equal(subscriber.received.length, expected, `${done} are acknowledged`);
      const { qos, id } = subscriber.received[done] ?? { qos: 0, id: 0 };
      if (qos === 2) await releaseOf(subscriber.client, id);
      subscriber.inUse.delete(id);
      if (qos === 1) subscriber.client.puback(id);
      else subscriber.client.pubcomp(id);
    }
    // Order is promised among messages of one QoS.
    for (const parity of [0, 1]) {
      const ofOneQoS = (numbers: number[]) => numbers.filter((number) => number % 2 === parity);
      assert.deepEqual(ofOneQoS(subscriber.numbers), ofOneQoS(upTo(count)));
    }
    assert.equal(new Set(subscriber.numbers).size, count);
    assert.deepEqual(subscriber.reused, []);
    assert.equal(subscriber.mostInUse, maxInflight);
  });
}

/** PUBREC, and waits for PUBREL; the message stays in flight until PUBCOMP. */
async function releaseOf(client: RawMqtt, id: number): Promise<void> {
  const before = client.releases.length;
  client.pubrec(id);
  await client.until(() => client.releases.length > before, `PUBREL ${id}`);
  assert.equal(client.releases.at(-1), id);
}

/** How far a subscriber goes that does not finish what it receives. */
const STUCK = [
  { stuck: "never sends PUBACK", qos: 1, recs: false },
  { stuck: "never sends PUBREC", qos: 2, recs: false },
  { stuck: "sends PUBREC and never PUBCOMP", qos: 2, recs: true },
] as const;

for (const { stuck, qos, recs } of STUCK) {
  const goAsFar = async (subscriber: Subscriber) => {
    if (recs) for (const id of subscriber.ids) await releaseOf(subscriber.client, id);
  };

  test(`a clean session that ${stuck} gets its window, then the newest of a bounded queue`, async (t) => {
    const [maxInflight, maxQueuedMessages, count] = [10, 20, 100];
    const { server, subscriber, publisher } = await setUp(t, { maxInflight, maxQueuedMessages }, true);
    await publishAll(publisher, count, () => qos);
    await goAsFar(subscriber);
    await barrier(publisher, subscriber);
    assert.deepEqual(subscriber.numbers, upTo(maxInflight));
    const metrics = await Metrics.read(server);
    const expected = count - maxInflight - maxQueuedMessages;
    assert.equal(metrics.get('mqtt_messages_dropped_total{reason="queueFull"}'), expected);
    assert.equal(metrics.dropped, expected);
    await finish(subscriber, qos, recs);
    await subscriber.messages(maxInflight + maxQueuedMessages);
    await barrier(publisher, subscriber);
    assert.deepEqual(subscriber.numbers, [
      ...upTo(maxInflight),
      ...upTo(count, maxInflight + expected), // the oldest are dropped
    ]);
  });

  test(`a kept session that ${stuck} gets its window; the rest is stored and comes after a reconnect`, async (t) => {
    const [maxInflight, count] = [10, 300];
    const { server, subscriber, publisher } = await setUp(t, { maxInflight }, false);
    await publishAll(publisher, count, () => qos);
    await goAsFar(subscriber);
    await barrier(publisher, subscriber);
    assert.deepEqual(subscriber.numbers, upTo(maxInflight));
    assert.ok(subscriber.received.every(({ dup }) => !dup));
    const metrics = await Metrics.read(server);
    assert.equal(metrics.get("mqtt_inflight_messages"), maxInflight);
    assert.equal(metrics.get("mqtt_queued_messages"), count - maxInflight);
    assert.equal(metrics.dropped, 0);
    await subscriber.client.cut();

    const back = await RawMqtt.connect(t, server, { clean: false, clientId: "subscriber", answers: true });
    await back.until(() => back.received.some((publish) => numberOf(publish) === count - 1), "the last one");
    // [MQTT-4.4.0-1]: what was sent comes again with its identifier, as PUBLISH or as PUBREL.
    const ids = subscriber.ids;
    const again = recs ? 0 : maxInflight;
    if (recs) assert.deepEqual(back.releases.slice(0, maxInflight), ids);
    else assert.deepEqual(idsOf(back.received.slice(0, maxInflight)), ids);
    assert.deepEqual(back.received.map(numberOf), upTo(count, maxInflight - again));
    assert.deepEqual(
      back.received.map(({ dup }) => dup),
      back.received.map((_, index) => index < again), // [MQTT-3.3.1-1]
    );
  });
}

for (const connected of [true, false])
  test(`a kept session's bounded queue, ${connected ? "connected and stuck" : "after the connection was cut"}: what arrives and what is dropped add up`, async (t) => {
    const [maxInflight, maxQueuedMessages, count] = [10, 20, 100];
    const { server, subscriber, publisher } = await setUp(t, { maxInflight, maxQueuedMessages }, false);
    for (let i = 0; i < count; i++) {
      publisher.publish("data", `${i}`, 1);
      await publisher.allAcknowledged(i + 1);
      if (i + 1 === maxInflight) await subscriber.messages(maxInflight);
      if (i + 1 === maxInflight && !connected) await subscriber.client.cut();
    }
    const metrics = await Metrics.read(server);
    const queued = metrics.get("mqtt_queued_messages") + metrics.get("mqtt_inflight_messages");
    assert.equal(metrics.dropped + queued, count);
    if (connected) await subscriber.client.cut();
    const back = await RawMqtt.connect(t, server, { clean: false, clientId: "subscriber", answers: true });
    await back.until(() => back.received.some((publish) => numberOf(publish) === count - 1), "the last one");
    assert.equal(back.received.length, queued);
    // What was sent is not dropped: the client may have it, and its identifier.
    assert.deepEqual(back.received.map(numberOf), [
      ...upTo(maxInflight),
      ...upTo(count, count - queued + maxInflight),
    ]);
  });

test("a kept session whose window is larger than its queue: nothing counts as dropped that arrives", async (t) => {
  const [maxInflight, maxQueuedMessages, count] = [100, 10, 80];
  const { server, subscriber, publisher } = await setUp(t, { maxInflight, maxQueuedMessages }, false);
  for (let i = 0; i < count; i++) {
    publisher.publish("data", `${i}`, 1);
    await publisher.allAcknowledged(i + 1);
  }
  await barrier(publisher, subscriber);
  const { dropped } = await Metrics.read(server);
  assert.equal(subscriber.received.length + dropped, count);
});

function idsOf(publishes: readonly Publish[]): number[] {
  return publishes.map(({ id }) => id);
}

/** Acknowledges everything, what is to come too. */
async function finish(subscriber: Subscriber, qos: 1 | 2, recs: boolean): Promise<void> {
  const { client } = subscriber;
  client.answers = true;
  for (const id of subscriber.ids) {
    if (qos === 1) client.puback(id);
    else if (recs) client.pubcomp(id);
    else client.pubrec(id);
  }
}
