import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { topicMatches } from "../../../../src/mqtt/topics.js";
import { FilterRange } from "../../../../src/storage/level/retained/filter-range.js";
import { topicKey, topicOf } from "../../../../src/storage/level/retained/topic-key.js";
import { SORTED_KEYS, upTo } from "./topics.js";

describe("the range of a filter", () => {
  const filters = upTo(3, ["", "a", "a!", "b", "$x", "+"])
    .flatMap((levels) => [levels.join("/"), [...levels, "#"].join("/")])
    .concat("#")
    .filter((filter) => /[+#]/.test(filter));

  test("holds all matches, and next() never leads past one or back", () => {
    for (const filter of filters) {
      const range = new FilterRange(filter);
      let bound: Buffer | undefined = range.start;
      for (const key of SORTED_KEYS) {
        const topic = topicOf(key);
        const matches = topicMatches(filter, topic);
        const within = key.compare(range.start) >= 0 && key.compare(range.end) < 0;
        if (matches) assert.ok(within, `${filter} holds ${topic}`);
        if (matches) assert.ok(bound && key.compare(bound) >= 0, `${filter} goes past ${topic}`);
        if (!within) continue;
        const next = range.next(key);
        assert.equal(next === true, matches, `${filter} ${topic}`);
        if (next === true) continue;
        assert.ok(!next || next.compare(key) > 0, `${filter} goes back at ${topic}`);
        if (bound && key.compare(bound) >= 0) bound = next;
      }
    }
  });

  test("passes a whole subtree at once", () => {
    const next = (filter: string, topic: string) => {
      const key = new FilterRange(filter).next(topicKey(topic));
      return Buffer.isBuffer(key) ? topicOf(key) : key;
    };
    assert.equal(next("+/x/#", "site0/device/t"), "site0/x");
    assert.equal(next("+/x/#", "site0/y"), "site0\u0001");
    assert.equal(next("+/x/y/+", "site0"), "site0/x/y/");
    assert.equal(next("a/+/x", "a/b/c/d"), "a/b/x");
    assert.equal(next("a/+/x", "a/b/x/d"), "a/b\u0001");
    assert.equal(next("a/+", "a/b/c/d"), "a/b\u0001");
    assert.equal(next("#", "$SYS/uptime"), "%");
    assert.equal(next("a/b/+", "a/c"), undefined);
  });
});
