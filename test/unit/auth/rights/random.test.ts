import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RuleOptions } from "../../../../src/auth/rights/options.js";
import { ruleFaults } from "../../../../src/auth/rights/rule-faults.js";
import { topicFilterFault, topicMatches } from "../../../../src/mqtt/topics.js";
import { engineOf, principalOf, ruleOf } from "./ground.js";
import { type Deed, naivelyAllowed } from "./naive.js";

/*
 * Rules, clients, topics and filters from a small world, so that they meet often: the engine must answer as a naive evaluator
 * does, and must promise nothing of a filter that does not hold for each of its topics.
 */

const LEVELS = ["a", "b", "", "$s", "__proto__", "x1"];
const USERS = ["", "a", "b", "x1", "d-b", "d-a-b", "#", "+", "a/b", "$s", "__proto__", "constructor", "d-+"];
const CLIENTS = ["a", "b", "c-a", "c-b", "$s", "#", "x/y", "__proto__"];
const ROUNDS = 500;

/** Mulberry32: the same numbers every time. */
function randomOf(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count: number) => Math.floor(next() * count);
  const one = <T>(of: readonly T[]): T => of[below(of.length)] as T;
  const chance = (part: number) => next() < part;
  return { below, one, chance };
}

type Random = ReturnType<typeof randomOf>;

function topicOf({ below, one }: Random): string {
  return Array.from({ length: 1 + below(4) }, () => one(LEVELS)).join("/") || "a";
}

/** A topic that one of the rules could be about. */
function topicNear(random: Random, rules: readonly RuleOptions[]): string {
  const { one, chance } = random;
  const filter = one(one(rules).topics ?? ["a"]);
  const levels = filter.split("/").flatMap((level) => {
    if (level === "#") return chance(0.5) ? [] : [one(LEVELS)];
    return [level === "+" ? one(LEVELS) : level.replace(/%u|%c|\{id\}/, one([...LEVELS, "d-b", "c-a"]))];
  });
  return levels.join("/") || "a";
}

/** A filter that meets one of the rules. */
function near(random: Random, rules: readonly RuleOptions[]): string {
  const { below, chance } = random;
  const levels = topicNear(random, rules).split("/");
  const written = levels.map((level) => (chance(0.3) ? "+" : level));
  return (chance(0.4) ? [...written.slice(0, below(levels.length + 1)), "#"] : written).join("/") || "+";
}

function filterOf(random: Random, variables: readonly string[]): string {
  const { below, one, chance } = random;
  const levels = Array.from({ length: 1 + below(4) }, () => {
    if (chance(0.2)) return "+";
    if (variables.length > 0 && chance(0.3)) return `${chance(0.2) ? "x" : ""}${one(variables)}`;
    return one(LEVELS);
  });
  if (chance(0.3)) levels.push("#");
  return levels.join("/") || "#";
}

function randomRule(random: Random): RuleOptions {
  const { below, one, chance } = random;
  const users = one([
    undefined,
    undefined,
    ["a", "b"],
    ["*"],
    ["d-{id}"],
    ["{id}-{rest}"],
    ["a", "d-*", "x*"],
  ]);
  const clients = one([undefined, undefined, undefined, ["c-{id}"], ["c-{id}", "{id}"], ["a", "__proto__"]]);
  const captured = [
    ...(users?.every((text) => text.includes("{id}")) || clients?.every((text) => text.includes("{id}"))
      ? ["{id}"]
      : []),
  ];
  const actions = one([["publish"], ["subscribe"], ["publish", "subscribe"]] as const);
  const topics = Array.from({ length: 1 + below(2) }, () => filterOf(random, ["%u", "%c", ...captured]));
  const rule = ruleOf({
    ...(chance(0.65) ? { allow: [...actions] } : { deny: [...actions] }),
    topics,
    users,
    clients,
    anonymous: users === undefined && chance(0.5),
    qos: one([undefined, undefined, 0, 1, 2] as const),
    retain: actions[0] === "publish" ? one([undefined, undefined, true, false]) : undefined,
  });
  assert.deepEqual(ruleFaults(rule), [], JSON.stringify(rule));
  return rule;
}

/** Every topic of up to four levels, of these names and of what clients call themselves. */
const EVERY_TOPIC = (() => {
  const names = [...LEVELS.slice(0, 4), "x1", "xa"];
  const grow = (shorter: readonly string[]) =>
    shorter.flatMap((start) => names.map((name) => `${start}/${name}`));
  const two = grow(names);
  return [...names.filter((name) => name !== ""), ...two, ...grow(two)];
})();

describe("random rules", () => {
  const seed = 20_251_123;
  test(`decide as they read, one by one (seed ${seed})`, () => {
    const random = randomOf(seed);
    let allowed = 0;
    let asked = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const rules = Array.from({ length: 1 + random.below(9) }, () => randomRule(random));
      const client = { user: random.one([...USERS, "#", "a/b"]), clientId: random.one(CLIENTS) };
      const rights = engineOf(rules).rightsOf(principalOf(client.user), client.clientId);
      for (let question = 0; question < 40; question++) {
        const deed: Deed = {
          action: random.one(["publish", "subscribe"]),
          topic: random.chance(0.6) ? topicNear(random, rules) : topicOf(random),
          qos: random.below(3),
          retain: random.chance(0.5),
        };
        const expected = naivelyAllowed(
          rules,
          client,
          deed.action === "publish" ? deed : { ...deed, qos: 0 },
        );
        const actual =
          deed.action === "publish"
            ? rights?.mayPublish(deed.topic, deed.qos, deed.retain)
            : rights?.mayReceive(deed.topic);
        assert.equal(actual, expected, JSON.stringify({ rules, client, deed }));
        const { topic } = deed;
        const may = (qos: number) =>
          naivelyAllowed(rules, client, { action: "subscribe", topic, qos, retain: false });
        assert.equal(
          rights?.receiveQos(topic),
          [0, 1, 2].findLast(may),
          JSON.stringify({ rules, client, topic }),
        );
        asked++;
        if (expected) allowed++;
      }
    }
    // The world is such that both answers are frequent.
    assert.ok(allowed > asked / 20 && allowed < asked / 2, `${allowed} of ${asked}`);
  });

  test(`promise nothing of a filter that does not hold (seed ${seed + 1})`, () => {
    const random = randomOf(seed + 1);
    const seen = { whole: 0, part: 0, nothing: 0, uneven: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const rules = Array.from({ length: 1 + random.below(6) }, () => randomRule(random));
      const client = { user: random.one([...USERS, "#", "a/b"]), clientId: random.one(CLIENTS) };
      const rights = engineOf(rules).rightsOf(principalOf(client.user), client.clientId);
      for (let question = 0; question < 6; question++) {
        const filter = random.chance(0.5) ? near(random, rules) : filterOf(random, []);
        if (topicFilterFault(filter)) continue;
        const topics = EVERY_TOPIC.filter((topic) => topicMatches(filter, topic));
        const levels = topics.map((topic) =>
          [0, 1, 2].findLast((qos) =>
            naivelyAllowed(rules, client, { action: "subscribe", topic, qos, retain: false }),
          ),
        );
        const readable = rights?.readable(filter);
        const about = JSON.stringify({ rules, client, filter, readable });
        const highest = Math.max(-1, ...levels.map((qos) => qos ?? -1));
        if (readable === undefined) assert.equal(highest, -1, about);
        else if (readable.whole) assert.ok(!levels.includes(undefined), about);
        if (readable) assert.ok(highest <= readable.qos, about);
        if (readable?.whole && !readable.uneven)
          assert.ok(
            levels.every((qos) => qos === readable.qos),
            about,
          );
        if (readable?.uneven) seen.uneven++;
        if (!readable) seen.nothing++;
        else if (readable.whole) seen.whole++;
        else seen.part++;
      }
    }
    assert.ok(seen.uneven > 0);
    for (const count of [seen.whole, seen.part, seen.nothing]) assert.ok(count > 50, JSON.stringify(seen));
  });
});
