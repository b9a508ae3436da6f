import assert from "node:assert/strict";
import { test } from "node:test";
import { Router } from "../../../src/mqtt/router.js";
import { topicFilterFault, topicMatches, topicNameFault } from "../../../src/mqtt/topics.js";

/** Filter, topic, whether they match: the examples of MQTT 3.1.1 section 4.7 and their neighbours. */
const matches: [filter: string, topic: string, expected: boolean][] = [
  ["sport/tennis/player1/#", "sport/tennis/player1", true],
  ["sport/tennis/player1/#", "sport/tennis/player1/ranking", true],
  ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
  ["sport/#", "sport", true],
  ["sport/#", "sports", false],
  ["#", "sport/tennis", true],
  ["#", "/", true],
  ["sport/tennis/+", "sport/tennis/player1", true],
  ["sport/tennis/+", "sport/tennis/player1/ranking", false],
  ["sport/+", "sport", false],
  ["sport/+", "sport/", true],
  ["+/+", "/finance", true],
  ["/+", "/finance", true],
  ["+", "/finance", false],
  ["+/tennis/#", "sport/tennis", true],
  ["#", "$SYS/broker", false],
  ["+/broker", "$SYS/broker", false],
  ["$SYS/#", "$SYS/broker", true],
  ["$SYS/broker/+", "$SYS/broker/clients", true],
  ["a/$b/+", "a/$b/c", true],
  ["a//b", "a//b", true],
  ["a/+/b", "a//b", true],
  ["a/b", "A/B", false],
  ["a/b", "a/b/", false],
  ["a/b/", "a/b", false],
  ["a/+", "a/b/c", false],
  ["a/b/c", "a/b", false],
  ["+/+/#", "a/b", true],
  ["+/+/#", "a", false],
];

for (const [filter, topic, expected] of matches)
  test(`${filter} ${expected ? "matches" : "does not match"} ${topic}`, () => {
    assert.equal(topicMatches(filter, topic), expected);
    const router = new Router<string>();
    router.subscribe(filter, "subscriber", 1);
    assert.equal(router.match(topic).has("subscriber"), expected);
  });

test("the router agrees with the rule for any filters and topics, before and after removal", () => {
  const levels = ["a", "b", "", "$s"];
  const random = seeded(20_261_123);
  const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)] ?? "";
  const topics = Array.from({ length: 300 }, () =>
    Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(levels)).join("/"),
  );
  const filters = Array.from({ length: 300 }, () => {
    const parts = Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick([...levels, "+"]));
    if (random() < 0.3) parts.push("#");
    return parts.join("/");
  }).filter((filter) => topicFilterFault(filter) === undefined);
  const router = new Router<number>();
  for (const [index, filter] of filters.entries()) router.subscribe(filter, index, 0);
  const check = (present: (index: number) => boolean) => {
    for (const topic of topics.filter((name) => topicNameFault(name) === undefined)) {
      const expected = filters.flatMap((filter, index) =>
        present(index) && topicMatches(filter, topic) ? [index] : [],
      );
      assert.deepEqual(
        [...router.match(topic).keys()].sort((a, b) => a - b),
        expected,
        topic,
      );
    }
  };
  check(() => true);
  for (const [index, filter] of filters.entries())
    if (index % 2 === 0) assert.equal(router.unsubscribe(filter, index), true);
  check((index) => index % 2 === 1);
  for (const [index, filter] of filters.entries()) if (index % 2 === 1) router.unsubscribe(filter, index);
  assert.equal(router.size, 0);
});

test("of several matching filters the subscriber gets the highest QoS, once", () => {
  const router = new Router<string>();
  router.subscribe("a/+", "x", 0);
  router.subscribe("a/#", "x", 2);
  router.subscribe("a/b", "x", 1);
  router.subscribe("a/b", "y", 1);
  assert.deepEqual(Object.fromEntries(router.match("a/b")), { x: 2, y: 1 });
  router.subscribe("a/#", "x", 0); // a new QoS takes the old one's place
  assert.deepEqual(Object.fromEntries(router.match("a/b")), { x: 1, y: 1 });
  assert.equal(router.size, 4);
});

test("subscribers are any objects, so one may stand for a group and pick a member", () => {
  const got: string[] = [];
  const member = (name: string) => ({ deliver: (topic: string) => void got.push(`${name} ${topic}`) });
  const members = [member("first"), member("second")];
  let turn = 0;
  const group = { deliver: (topic: string) => members[turn++ % members.length]?.deliver(topic) };
  const router = new Router<{ deliver(topic: string): void }>();
  router.subscribe("jobs/+", group, 1);
  router.subscribe("jobs/#", member("all"), 0);
  for (const topic of ["jobs/1", "jobs/2"])
    for (const subscriber of router.match(topic).keys()) subscriber.deliver(topic);
  assert.deepEqual(got.sort(), ["all jobs/1", "all jobs/2", "first jobs/1", "second jobs/2"]);
});

const faults: [text: string, name: boolean, filter: boolean][] = [
  ["", true, true],
  ["a/#", true, false],
  ["a/+/b", true, false],
  ["a#", true, true],
  ["#/a", true, true],
  ["a+/b", true, true],
  ["a/+b", true, true],
  ["a\u0000", true, true],
  ["x".repeat(65_536), true, true],
  ["é".repeat(32_768), true, true],
  ["x".repeat(65_535), false, false],
  ["a/".repeat(99), false, false],
  ["a/".repeat(100), true, true],
];

for (const [text, name, filter] of faults)
  test(`${JSON.stringify(text.slice(0, 20))} (${text.length}): ${name ? "no" : "a"} topic name, ${filter ? "no" : "a"} topic filter`, () => {
    assert.equal(topicNameFault(text) !== undefined, name);
    assert.equal(topicFilterFault(text) !== undefined, filter);
  });

/** A small repeatable generator (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
