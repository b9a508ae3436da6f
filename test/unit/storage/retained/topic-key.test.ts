import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { after } from "../../../../src/storage/level/format/keys.js";
import { topicKey, topicOf } from "../../../../src/storage/level/retained/topic-key.js";
import { SORTED_KEYS, TOPICS } from "./topics.js";

describe("the key of a topic", () => {
  test("gives the topic back", () => {
    for (const topic of [...TOPICS, "x".repeat(65_535), "/".repeat(99), "ü/".repeat(21_845)])
      assert.equal(topicOf(topicKey(topic)), topic);
  });

  test("sorts a topic and all below it together, before any sibling", () => {
    const order = ["a", "a/", "a/b", "a/b/c", "a/b!", "a\u0001", "a b", "a!", "b"];
    const keys = order.map((topic) => topicKey(topic));
    assert.deepEqual(keys.toSorted(Buffer.compare).map(topicOf), order);
  });

  test("has nothing between it and what comes after", () => {
    for (const key of SORTED_KEYS.slice(0, -1)) {
      const follower = SORTED_KEYS.find((other) => other.compare(key) > 0);
      assert.ok(after(key).compare(key) > 0 && follower && follower.compare(after(key)) >= 0);
    }
  });
});
