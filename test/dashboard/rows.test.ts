import assert from "node:assert/strict";
import { test } from "node:test";
import { orderTopics, type SortKey } from "../../dashboard/model/rows.js";
import { topicMatch } from "../../dashboard/model/topic-match.js";
import { TopicsStore } from "../../dashboard/model/topics-store.js";

const START = 1_700_000_000_000;

function storeOf(...messages: [topic: string, at: number][]): TopicsStore {
  const store = new TopicsStore();
  for (const [topic, at] of messages) store.record({ topic, data: 1, snapshot: false }, START + at);
  return store;
}

function names(store: TopicsStore, filter: string, sort: SortKey, at = 5_000): string[] {
  return orderTopics(store.topics(), topicMatch(filter).matches, sort, START + at).map((topic) => topic.name);
}

test("names sort with their numbers as numbers", () => {
  const store = storeOf(["d/10", 0], ["d/9", 0], ["c", 0], ["d/9/x", 0]);
  assert.deepEqual(names(store, "", "topic"), ["c", "d/9", "d/9/x", "d/10"]);
});

test("sorting by count, rate and age puts the liveliest first", () => {
  const store = storeOf(["old", 0], ["old", 0], ["old", 0], ["new", 4_000], ["new", 4_100]);
  assert.deepEqual(names(store, "", "messages"), ["old", "new"]);
  assert.deepEqual(names(store, "", "rate"), ["new", "old"]);
  assert.deepEqual(names(store, "", "age"), ["new", "old"]);
});

test("equals stay in the order of their names", () => {
  const store = storeOf(["b", 0], ["a", 0], ["c", 0]);
  assert.deepEqual(names(store, "", "messages"), ["a", "b", "c"]);
});

test("a text without wildcards is looked for anywhere, in any case", () => {
  const store = storeOf(["home/Kitchen/t", 0], ["home/bath/t", 0]);
  assert.deepEqual(names(store, " kitchen ", "topic"), ["home/Kitchen/t"]);
  assert.deepEqual(names(store, "nowhere", "topic"), []);
});

test("a text with wildcards is a topic filter", () => {
  const store = storeOf(["home/kitchen/t", 0], ["home/bath/t", 0], ["home/t", 0]);
  assert.deepEqual(names(store, "home/+/t", "topic"), ["home/bath/t", "home/kitchen/t"]);
  assert.equal(names(store, "home/#", "topic").length, 3);
  assert.equal(names(store, "#", "topic").length, 3);
});

test("a wrong filter says why and shows nothing", () => {
  const match = topicMatch("home/#/t");
  assert.match(match.fault ?? "", /# must be the whole last level/);
  assert.equal(match.matches("home/x/t"), false);
});
