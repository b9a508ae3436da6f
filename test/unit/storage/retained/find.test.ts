import assert from "node:assert/strict";
import { test } from "node:test";
import { topicMatches } from "../../../../src/mqtt/topics.js";
import type { RetainedRows } from "../../../../src/storage/level/retained/retained.js";
import { topicKey } from "../../../../src/storage/level/retained/topic-key.js";
import { randomFrom } from "../random.js";
import { found, message, setUp } from "./set-up.js";
import { LEVELS } from "./topics.js";

const LEVELS_OF_FILTERS = [...LEVELS, "+", "+", "+", "+", "+"];

function byKey(one: string, other: string): number {
  return topicKey(one).compare(topicKey(other));
}

async function foundAfter(rows: RetainedRows, filter: string, after: string): Promise<string[]> {
  const list: string[] = [];
  for await (const { topic, payload } of rows.findAfter(filter, after)) list.push(`${topic}=${payload}`);
  return list;
}

test("finds what a look at every topic finds, whether it is written, being written or gathered", async (t) => {
  for (let seed = 1; seed <= 4; seed++) {
    const { rows, write, begin, surround } = await setUp(t);
    await surround();
    const random = randomFrom(seed);
    const pick = (names: readonly string[]) => names[random(names.length)] ?? "";
    const level = (names: readonly string[]) => (random(3) === 0 ? `n${random(300)}` : pick(names));
    const path = (names: readonly string[]) =>
      Array.from({ length: 1 + random(4) }, () => level(names)).join("/") || "/";
    const kept = new Map<string, string>();
    const change = (count: number) => {
      for (let n = 0; n < count; n++) {
        const topic = random(3) > 0 || kept.size === 0 ? path(LEVELS) : pick([...kept.keys()]);
        const payload = `${random(1_000_000)}`;
        if (random(5) > 0) {
          assert.ok(rows.put(message(topic, payload)));
          kept.set(topic, payload);
        } else assert.equal(rows.remove(topic), kept.delete(topic));
      }
    };
    change(1200);
    await write();
    change(300);
    const end = begin();
    change(300);
    const filters = ["#", "+/#", "/#", "/+", "$x/#", "+", ...kept.keys()].slice(0, 30);
    for (let n = 0; n < 150; n++)
      filters.push(random(2) ? path(LEVELS_OF_FILTERS) : `${path(LEVELS_OF_FILTERS)}/#`);
    const check = async () => {
      assert.equal(rows.size, kept.size);
      for (const filter of filters) {
        const wanted = [...kept].filter(([topic]) => topicMatches(filter, topic));
        const list = wanted.map(([topic, payload]) => `${topic}=${payload}`).sort();
        const about = `seed ${seed}, filter ${JSON.stringify(filter)}`;
        assert.deepEqual(await found(rows, filter), list, about);
        const after = random(3) > 0 ? pick(["", ...kept.keys()]) : path(LEVELS);
        const inOrder = wanted
          .filter(([topic]) => byKey(topic, after) > 0)
          .sort(([one], [other]) => byKey(one, other))
          .map(([topic, payload]) => `${topic}=${payload}`);
        assert.deepEqual(await foundAfter(rows, filter, after), inOrder, `${about}, after ${after}`);
      }
    };
    await check();
    await end();
    await write();
    await check();
  }
});

test("finds matches that are far apart and stretches of them, in trees of every shape", async (t) => {
  const { rows, write } = await setUp(t);
  const topics: string[] = [];
  for (const [site, devices] of [1, 31, 63, 64, 65, 1500, 2].entries())
    for (let device = 0; device < devices; device++)
      for (const value of ["t", "x/y"]) topics.push(`site${site}/device${device}/${value}`);
  for (let device = 0; device < 3000; device++) topics.push(`device${device}/${device % 999 ? "t" : "x/y"}`);
  for (const topic of topics) rows.put(message(topic));
  await write();
  for (const filter of [
    "#",
    "+/x/#",
    "+/+/t",
    "+/device7/#",
    "+/+/x/+",
    "site5/+/x/y",
    "+/t",
    "+/+/none",
    "none/#",
  ])
    assert.deepEqual(
      await found(rows, filter),
      topics
        .filter((topic) => topicMatches(filter, topic))
        .map((topic) => `${topic}=${topic}`)
        .sort(),
      filter,
    );
});

test("passes what cannot match with few reads", async (t) => {
  const { rows, write, reads } = await setUp(t);
  for (let index = 0; index < 20_000; index++) rows.put(message(`site${index % 4}/device${index}/t`));
  rows.put(message("site2/x/y"));
  await write();
  const before = reads();
  assert.deepEqual(await found(rows, "+/x/#"), ["site2/x/y=site2/x/y"]);
  assert.ok(reads() - before <= 15, `${reads() - before} pages`);
});

test("reads nothing for a topic that is not there", async (t) => {
  const { rows, write, reads } = await setUp(t);
  rows.put(message("a/b"));
  await write();
  const before = reads();
  assert.deepEqual(await found(rows, "a/c"), []);
  assert.deepEqual(await found(rows, "a"), []);
  assert.equal(reads(), before);
  assert.deepEqual(await found(rows, "a/b"), ["a/b=a/b"]);
});

test("large payloads are read a few at a time", async (t) => {
  const { rows, write } = await setUp(t);
  for (let index = 0; index < 40; index++) rows.put(message(`t/${index}`, "x".repeat(100_000)));
  await write();
  let count = 0;
  for await (const { payload } of rows.find("t/+")) {
    assert.equal(payload.length, 100_000);
    count++;
  }
  assert.equal(count, 40);
});

test("goes on after a topic without reading what is before it", async (t) => {
  const { rows, write, reads } = await setUp(t);
  for (let index = 10_000; index < 30_000; index++) rows.put(message(`t/${index}`));
  await write();
  const before = reads();
  assert.deepEqual(await foundAfter(rows, "t/+", "t/29997"), ["t/29998=t/29998", "t/29999=t/29999"]);
  assert.ok(reads() - before <= 2, `${reads() - before} pages`);
});
