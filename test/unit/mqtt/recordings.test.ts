import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { MessageContent } from "../../../src/mqtt/message.js";
import { StoreError } from "../../../src/storage/store.js";
import { fillDisk, mountMemory, whyNoMounts } from "../../faults/support/mount.js";
import { BrokerGround, message, type QoS } from "./broker-ground.js";

const noMounts = await whyNoMounts();
const skip = noMounts ? { skip: noMounts } : {};
const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}`);

test("a listener that records gets messages of every QoS when they are stored, in the order of the records", async (t) => {
  const { broker, record } = await ready(t);
  const recording = record("a/#");
  for (const text of numbers(300)) {
    const qos = (Number(text) % 3) as QoS;
    const publishing = broker.bus.publish(message("a/b", text, qos, Number(text) % 7 === 0));
    assert.equal(recording.recorded.at(-1), text, "recorded as it is taken in");
    if (Number(text) % 10 === 0) {
      await publishing;
      if (qos > 0) assert.equal(recording.received.at(-1), text, "acknowledged when the listener has it");
    }
  }
  await recording.until(() => recording.received.length === 300);
  assert.deepEqual(recording.recorded, numbers(300));
  assert.deepEqual(recording.received, numbers(300));
  assert.deepEqual(recording.early, []);
  assert.deepEqual(await recording.stored(), numbers(300));
  assert.equal(broker.stats().recording, 0);
});

test("at QoS 0 others get a message at once, at QoS 1 and 2 when it is recorded; those of other topics are untouched", async (t) => {
  const { broker, record } = await ready(t);
  const recording = record("a");
  const others: string[] = [];
  broker.bus.subscribe("#", ({ payload }) => void others.push(payload.toString()));
  const first = broker.bus.publish(message("a", "0", 0));
  assert.deepEqual([others, recording.received], [["0"], []]);
  assert.equal(broker.stats().recording, 1);
  const second = broker.bus.publish(message("a", "1", 1));
  const third = broker.bus.publish(message("b", "elsewhere", 0));
  // They are of one publisher, and what comes later must not overtake.
  assert.deepEqual([others, recording.received], [["0"], []]);
  await Promise.all([first, second, third]);
  assert.deepEqual(
    [others, recording.received],
    [
      ["0", "1", "elsewhere"],
      ["0", "1"],
    ],
  );
});

test("a client has its PUBACK or PUBCOMP only when the record is stored, and the others have the message", async (t) => {
  const { connect, record } = await ready(t);
  const recording = record("a/#");
  const publisher = await connect();
  const subscriber = await connect();
  await subscriber.subscribe("a/+", 2);
  for (const [index, text] of numbers(30).entries()) {
    const qos = (index % 3) as QoS;
    await publisher.publish("a/b", text, qos);
    if (qos > 0) assert.deepEqual((await recording.stored()).at(-1), text);
  }
  assert.deepEqual(
    (await subscriber.messages(30)).map(({ payload }) => payload),
    numbers(30),
  );
  await recording.until(() => recording.received.length === 30);
  assert.deepEqual([recording.received, recording.early], [numbers(30), []]);
});

test("each listener that matches records by itself; overlapping filters are listeners of their own", async (t) => {
  const { broker, record } = await ready(t);
  const { subscriptions } = broker.stats();
  const [one, two, three] = [record("a/+", "1"), record("#", "2"), record("b", "3")];
  await broker.bus.publish(message("a/b", "x", 1));
  assert.deepEqual([one.received, two.received, three.received], [["x"], ["x"], []]);
  assert.equal(broker.stats().subscriptions, subscriptions + 3);
});

test("what need not be recorded comes at once, at every QoS", async (t) => {
  const { broker } = await ready(t);
  const received: string[] = [];
  const lost = () => assert.fail("lost");
  broker.bus.subscribe("a", ({ payload }) => void received.push(payload.toString()), {
    record: () => false,
    lost,
  });
  for (const qos of [0, 1, 2] as const) {
    void broker.bus.publish(message("a", `${qos}`, qos));
    assert.equal(received.at(-1), `${qos}`);
  }
  assert.equal(broker.stats().recording, 0);
});

test("a listener that has ended gets nothing more, not even what it has recorded", async (t) => {
  const { broker, record } = await ready(t);
  const [ended, other] = [record("a", "1"), record("a", "2")];
  const publishing = broker.bus.publish(message("a", "x", 1));
  ended.end();
  await publishing;
  await broker.bus.publish(message("a", "y", 1));
  assert.deepEqual([ended.recorded, ended.received], [["x"], []]);
  assert.deepEqual(other.received, ["x", "y"]);
});

test("a recorder or a listener that throws harms nobody; the message was not recorded, and that is told", async (t) => {
  const { broker, record, lines } = await ready(t);
  const lost: string[] = [];
  const fail = () => {
    throw new Error("on purpose");
  };
  broker.bus.subscribe("a", () => assert.fail("not recorded"), {
    record: fail,
    lost({ payload }) {
      lost.push(payload.toString());
      fail();
    },
  });
  broker.bus.subscribe("a", fail, { record: () => true, lost: () => assert.fail("lost") });
  const recording = record("a");
  await broker.bus.publish(message("a", "x", 1));
  await broker.bus.publish(message("a", "y", 0));
  await recording.until(() => recording.received.length === 2);
  assert.deepEqual(lost, ["x", "y"]);
  const told = lines.map((line) => JSON.parse(line).msg);
  assert.deepEqual(told, Array(6).fill("a listener failed"));
});

test("who publishes at QoS 0 faster than records are stored is made to wait, and loses nothing", async (t) => {
  const { broker, record } = await ready(t);
  const recording = record("a");
  const payload = Buffer.alloc(1024 * 1024, "x");
  const order: number[] = [];
  const publishing = Array.from({ length: 100 }, (_, index) =>
    broker.bus.publish(message("a", payload)).then(() => order.push(index)),
  );
  await publishing[0];
  await publishing[50];
  assert.ok(order.length < 90, `${order.length} of 100 MiB were taken before any was stored`);
  assert.equal(recording.received.length, 0);
  await Promise.all(publishing);
  assert.deepEqual([recording.received.length, recording.lost.length], [100, 0]);
});

test("who published on the bus is told to its listeners, and stored nowhere", async (t) => {
  const { broker, connect } = await ready(t);
  const origins: (string | undefined)[] = [];
  const note = ({ origin }: MessageContent) => void origins.push(origin);
  broker.bus.subscribe("a", note);
  broker.bus.subscribe("a", note, {
    record: (message) => {
      note(message);
      return true;
    },
    lost: () => assert.fail("lost"),
  });
  await broker.bus.publish({ ...message("a", "x", 1, true), origin: "session 7" });
  assert.deepEqual(origins, Array(3).fill("session 7"));
  const client = await connect();
  await client.publish("a", "y", 1);
  assert.deepEqual(origins.slice(3), Array(3).fill(undefined));
  for await (const retained of broker.bus.retained("#")) assert.ok(!("origin" in retained));
});

test(
  "while the disk is full live data goes on, and all that is recorded comes when it writes again",
  skip,
  async (t) => {
    const disk = await mountMemory(t, 64);
    const { broker, store, faulty, connect, record } = await ready(t, join(disk, "data"));
    const recording = record("a/#");
    const plain: string[] = [];
    broker.bus.subscribe("a/#", ({ payload }) => void plain.push(payload.toString()));
    const subscriber = await connect();
    await subscriber.subscribe("a/#");
    await broker.bus.publish(message("a/b", "before", 1));

    const filler = await fillDisk(disk);
    const large = "y".repeat(20_000);
    let isAcknowledged = false;
    const inVain = (await connect()).publish("a/b", large, 1).then(() => {
      isAcknowledged = true;
    });
    await faulty;
    const live = await connect();
    for (const text of numbers(10)) await live.publish("a/live", text);
    assert.deepEqual((await subscriber.messages(11)).map(({ payload }) => payload).slice(1), numbers(10));
    assert.deepEqual([recording.received, isAcknowledged], [["before"], false]);

    const before = plain.length;
    for (const text of numbers(15_000)) void broker.bus.publish(message("a/live", text));
    assert.equal(plain.length, before + 15_000, "nobody else waits");
    const { length: lost } = recording.lost;
    assert.ok(lost > 4_000 && store.behind, `${lost} were not recorded`);
    assert.equal(recording.recorded.length, 1 + 1 + 10 + 15_000 - lost);
    assert.equal(broker.counters.recordingsLost, lost);

    const refused: string[] = [];
    const publishing = numbers(100_000).map((text) =>
      broker.bus.publish(message("a/kept", text, 1)).catch((error) => {
        assert.ok(error instanceof StoreError);
        refused.push(text);
      }),
    );
    assert.ok(store.full);
    await publishing.at(-1);
    assert.ok(refused.length > 5_000, `${refused.length} were refused`);
    assert.equal(recording.lost.length, lost, "what is refused was never taken");

    await rm(filler);
    await Promise.all([...publishing, inVain]);
    await recording.until(() => recording.received.length === recording.recorded.length);
    assert.deepEqual(recording.received, recording.recorded);
    const kept = new Set(refused);
    assert.deepEqual(
      recording.received.slice(-(100_000 - refused.length)),
      numbers(100_000).filter((text) => !kept.has(text)),
    );
    assert.deepEqual([recording.early, isAcknowledged], [[], true]);
    await broker.bus.publish(message("a/b", "after", 1));
    assert.deepEqual([recording.received.at(-1), (await recording.stored()).at(-1)], ["after", "after"]);
  },
);

test(
  "what was recorded when the store was closed for good on a disk that does not write is lost, and that is told",
  skip,
  async (t) => {
    const disk = await mountMemory(t, 16);
    const { broker, store, faulty, record } = await ready(t, join(disk, "data"));
    const recording = record("a");
    await fillDisk(disk);
    const payload = "y".repeat(20_000);
    const publishing = Promise.allSettled(
      ([1, 0] as const).map((qos) => broker.bus.publish(message("a", payload, qos))),
    );
    await faulty;
    await assert.rejects(store.close(), StoreError);
    for (const { status } of await publishing) assert.equal(status, "rejected");
    assert.deepEqual([recording.received, recording.lost.length], [[], 2]);
    assert.equal(broker.stats().recording, 0);
  },
);

async function ready(t: TestContext, directory?: string) {
  const ground = await BrokerGround.start(t, directory);
  const { broker, store, lines, faulty } = ground;
  return {
    broker,
    store,
    lines,
    faulty,
    connect: () => ground.connect(),
    record: (filter: string, stream?: string) => ground.record(filter, stream),
  };
}
