import assert from "node:assert/strict";
import { test } from "node:test";
import { topicMatches } from "../../../src/mqtt/topics.js";
import type { StoredMessage } from "../../../src/storage/store.js";
import { MESSAGES, messageWith } from "../../unit/storage/hostile.js";
import { byTopic, collect, type NewGround, open, restart } from "./ground.js";

const TOPICS = [
  "a",
  "a/b",
  "a/b/c",
  "a!",
  "a b",
  "ab",
  "a\uffff",
  "b",
  "$SYS/x",
  "$a/b",
  "a//c",
  "/",
  "//",
  "a/",
];
const FILTERS = [
  "a",
  "a/b",
  "a/#",
  "a/+",
  "a/+/c",
  "#",
  "+",
  "+/+",
  "/",
  "/#",
  "$SYS/#",
  "$a/+",
  "+/b",
  "missing",
  "a/b/#",
];

const retainedOn = (topic: string, time = 1) => messageWith({ topic, time, retain: true });

export function retained(newGround: NewGround): void {
  test("retained messages are found by every filter that matches, and by no other", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    for (const topic of TOPICS)
      opened.store.retain({ ...retainedOn(topic), payload: Buffer.from(`old ${topic}`) });
    for (const written of [false, true]) {
      for (const topic of TOPICS) assert.ok(opened.store.retain(retainedOn(topic)));
      for (const filter of FILTERS)
        assert.deepEqual(
          byTopic(await collect(opened.store.retained(filter))),
          byTopic(TOPICS.filter((topic) => topicMatches(filter, topic)).map((topic) => retainedOn(topic))),
          `${filter}, ${written}`,
        );
      opened = await restart(ground, opened);
      assert.equal(opened.store.stats().retained, TOPICS.length);
    }
  });

  test("read in parts, each after the last topic of the one before, they are all there once", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    for (const topic of TOPICS.slice(0, 7)) opened.store.retain(retainedOn(topic));
    await opened.store.flush();
    for (const topic of TOPICS.slice(7)) opened.store.retain(retainedOn(topic));
    let orders: string[] = [];
    for (const written of [false, true]) {
      for (const filter of FILTERS) {
        const found: StoredMessage[] = [];
        for (let after: string | undefined = ""; after !== undefined; after = found.at(-1)?.topic) {
          const [next] = await collect(opened.store.retained(filter, after));
          if (!next) break;
          found.push(next);
        }
        const about = `${filter}, ${written}`;
        assert.deepEqual(found, await collect(opened.store.retained(filter, "")), about);
        assert.deepEqual(byTopic(found), byTopic(await collect(opened.store.retained(filter))), about);
        if (filter !== "#") continue;
        const order = found.map(({ topic }) => topic);
        if (written) assert.deepEqual(order, orders, "the order stays the same");
        orders = order;
      }
      opened = await restart(ground, opened);
    }
    assert.ok(orders.indexOf("a") < orders.indexOf("a/b") && orders.indexOf("a/b") < orders.indexOf("a!"));
  });

  test("retained messages come back as they were", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    // No topic name has these [MQTT-3.3.2-2] [MQTT-4.7.3-1] [MQTT-4.7.3-2].
    const messages = MESSAGES.filter(({ topic }) => topic !== "" && !/[+#\0]/.test(topic));
    const expected = new Map(messages.map((message) => [message.topic, message]));
    for (const message of expected.values()) opened.store.retain(message);
    opened = await restart(ground, opened);
    for (const [topic, message] of expected)
      assert.deepEqual(await collect(opened.store.retained(topic)), [message]);
  });

  test("what is not retained any more is not found, before it is written and after", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    for (const topic of TOPICS) opened.store.retain(retainedOn(topic));
    await opened.store.flush();
    opened.store.write({ type: "unretain", topic: "a/b" });
    opened.store.write({ type: "unretain", topic: "missing" });
    opened.store.write({ type: "unretain", topic: "b" });
    opened.store.retain(retainedOn("b", 2));
    for (let round = 0; round < 2; round++) {
      assert.equal(opened.store.stats().retained, TOPICS.length - 1);
      assert.deepEqual(await collect(opened.store.retained("a/b")), []);
      assert.deepEqual(await collect(opened.store.retained("b")), [retainedOn("b", 2)]);
      opened = await restart(ground, opened);
    }
    for (const topic of TOPICS) opened.store.write({ type: "unretain", topic });
    await opened.store.close();
    assert.equal(await ground.rows(), 0);
  });

  test("no more topics are taken than there may be, also after a restart", async (t) => {
    const ground = await newGround(t);
    let { store } = await open(ground, { maxRetained: 2 });
    assert.deepEqual(
      ["a", "b", "c", "a"].map((topic) => store.retain(retainedOn(topic))),
      [true, true, false, true],
    );
    await store.close();
    ({ store } = await open(ground, { maxRetained: 2 }));
    assert.deepEqual([store.retain(retainedOn("c")), store.retain(retainedOn("b"))], [false, true]);
    store.write({ type: "unretain", topic: "a" });
    assert.deepEqual([store.retain(retainedOn("c")), store.retain(retainedOn("a"))], [true, false]);
    assert.deepEqual(byTopic(await collect(store.retained("#"))), [retainedOn("b"), retainedOn("c")]);
  });

  test("a sweep goes through everything in steps, and removes what is old", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    for (let index = 0; index < 2500; index++) opened.store.retain(retainedOn(`t/${index}`, index % 5));
    await opened.store.flush();
    let removed = 0;
    for (let step = 0; step < 30; step++) {
      const more = await opened.store.sweepRetained(2, 100);
      assert.ok(more <= 100);
      removed += more;
      await opened.store.flush();
    }
    assert.equal(removed, 1000);
    opened = await restart(ground, opened);
    const left = await collect(opened.store.retained("#"));
    assert.equal(left.length, 1500);
    assert.ok(left.every(({ time }) => time >= 2));
  });
}
