import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TopicSet } from "../../../../src/storage/level/retained/topic-set.js";
import { randomFrom } from "../random.js";

describe("a set of topics", () => {
  test("says of each call what a set of strings would", () => {
    const set = new TopicSet();
    const model = new Set<string>();
    const random = randomFrom(1);
    for (let step = 0; step < 200_000; step++) {
      const topic = `t/${random(3000)}`;
      // Phases of growing and of shrinking, so that gaps are filled in full and in sparse neighbourhoods.
      const adds = random(10) < (step % 40_000 < 20_000 ? 8 : 2);
      const [said, meant] = adds
        ? [set.add(topic), !model.has(topic)]
        : [set.delete(topic), model.has(topic)];
      if (adds) model.add(topic);
      else model.delete(topic);
      assert.equal(said, meant, `${adds ? "add" : "delete"} ${topic} at step ${step}`);
      assert.equal(set.size, model.size);
    }
    for (let n = 0; n < 3000; n++) assert.equal(set.has(`t/${n}`), model.has(`t/${n}`), `t/${n}`);
  });

  test("tells 300,000 topics that differ little from as many others", () => {
    const set = new TopicSet();
    const topics = (index: number) => [`site/${index}/a`, `site/${index}/b`, `${index}`.repeat(5)];
    for (let index = 0; index < 100_000; index++) for (const topic of topics(index)) set.add(topic);
    assert.equal(set.size, 300_000);
    for (let index = 100_000; index < 200_000; index++)
      for (const topic of topics(index)) assert.equal(set.has(topic), false, topic);
  });

  test("tells topics apart by their length, their order and every place in them", () => {
    const set = new TopicSet();
    const long = "x".repeat(65_535);
    const topics = [
      "a",
      "aa",
      "aaa",
      "ab",
      "ba",
      "a/b",
      "b/a",
      "ä",
      "\u{1f600}",
      "/",
      "//",
      long,
      long.slice(1),
    ];
    for (let at = 0; at < 64; at++) topics.push(`${"y".repeat(at)}z${"y".repeat(63 - at)}`);
    for (const topic of topics) assert.equal(set.add(topic), true, topic.slice(0, 80));
    for (const topic of topics) assert.equal(set.add(topic), false, topic.slice(0, 80));
    assert.equal(set.size, topics.length);
  });

  test("takes no more memory however often topics come and go", () => {
    const set = new TopicSet();
    for (let index = 0; index < 1000; index++) set.add(`t/${index}`);
    const { bytes } = set;
    for (let index = 0; index < 100_000; index++) {
      set.delete(`t/${index}`);
      set.add(`t/${index + 1000}`);
    }
    assert.equal(set.bytes, bytes);
    assert.equal(set.size, 1000);
    assert.ok(bytes <= 22 * 1000, `${bytes} bytes`);
  });
});
