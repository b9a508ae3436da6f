import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ChannelAction, StatedRights } from "../../../../src/access/rights.js";
import { RightsEngine } from "../../../../src/auth/rights/engine.js";
import { engineOf, principalOf, rightsOf, type Written } from "./ground.js";

const everything = ["publish", "subscribe"] as const;

function stated(given: Partial<StatedRights>): StatedRights {
  return { publish: [], subscribe: [], channels: new Map(), ...given };
}

describe("publishing", () => {
  const asked = (
    rules: readonly Written[],
    topic: string,
    { user = "ana", client = "c1", qos = 0, retain = false } = {},
  ) => rightsOf(rules, user, client).mayPublish(topic, qos, retain);

  test("nothing allows it", () => {
    assert.equal(asked([], "a"), false);
    assert.equal(asked([{ allow: ["subscribe"], topics: ["a"] }], "a"), false);
    assert.equal(asked([{ deny: ["subscribe"], topics: ["a"] }], "a"), false);
  });

  test("a denial wins, whatever the order", () => {
    const allow: Written = { allow: ["publish"], topics: ["a/#"] };
    const deny: Written = { deny: ["publish"], topics: ["a/secret/#"] };
    for (const rules of [
      [allow, deny],
      [deny, allow],
    ]) {
      assert.equal(asked(rules, "a/x"), true);
      assert.equal(asked(rules, "a/secret"), false);
      assert.equal(asked(rules, "a/secret/x"), false);
    }
  });

  test("filters match as those of subscriptions do", () => {
    const matches = (filter: string, topic: string) =>
      asked([{ allow: ["publish"], topics: [filter] }], topic);
    assert.equal(matches("a/#", "a"), true);
    assert.equal(matches("a/+", "a"), false);
    assert.equal(matches("a/+", "a/"), true);
    assert.equal(matches("+", ""), true);
    assert.equal(matches("+/+", "/"), true);
    assert.equal(matches("#", "$SYS/x"), false);
    assert.equal(matches("+/x", "$SYS/x"), false);
    assert.equal(matches("$SYS/+", "$SYS/x"), true);
    assert.equal(matches("a/+/#", "a"), false);
    assert.equal(matches("a/$b", "a/$b"), true);
    assert.equal(matches("a/+", "a/$b"), true);
  });

  test("allowed up to a QoS, denied from a QoS on", () => {
    const of = (rules: readonly Written[]) => [0, 1, 2].map((qos) => asked(rules, "a", { qos }));
    assert.deepEqual(of([{ allow: ["publish"], topics: ["a"], qos: 1 }]), [true, true, false]);
    const all: Written = { allow: ["publish"], topics: ["a"] };
    assert.deepEqual(of([all, { deny: ["publish"], topics: ["a"], qos: 1 }]), [true, false, false]);
    assert.deepEqual(of([all, { deny: ["publish"], topics: ["a"], qos: 0 }]), [false, false, false]);
    assert.equal(asked([all], "a", { qos: 3 }), false);
  });

  test("retained messages apart from the others", () => {
    const of = (rules: readonly Written[]) => [false, true].map((retain) => asked(rules, "a", { retain }));
    const all: Written = { allow: ["publish"], topics: ["a"] };
    assert.deepEqual(of([{ ...all, retain: true }]), [false, true]);
    assert.deepEqual(of([{ ...all, retain: false }]), [true, false]);
    assert.deepEqual(of([all, { deny: ["publish"], topics: ["a"], retain: true }]), [true, false]);
  });

  test("deep topics, and rules as deep", () => {
    const deep = Array.from({ length: 100 }, (_, level) => `l${level}`).join("/");
    assert.equal(asked([{ allow: ["publish"], topics: ["#"] }], deep), true);
    assert.equal(asked([{ allow: ["publish"], topics: [deep] }], deep), true);
    assert.equal(asked([{ allow: ["publish"], topics: [deep] }], `${deep}/x`), false);
    const wild = Array.from({ length: 100 }, () => "+").join("/");
    assert.equal(asked([{ allow: ["publish"], topics: [wild] }], deep), true);
  });

  test("names of the prototype are names", () => {
    const rules: Written[] = [{ allow: ["publish"], topics: ["%u/%c"] }];
    for (const name of ["__proto__", "constructor", "hasOwnProperty"]) {
      assert.equal(asked(rules, `${name}/${name}`, { user: name, client: name }), true);
      assert.equal(asked(rules, name, { user: "ana" }), false);
      assert.equal(asked([{ allow: ["publish"], topics: ["x"], users: ["bo"] }], "x", { user: name }), false);
      assert.equal(asked([{ allow: ["publish"], topics: ["x"], users: [name] }], "x", { user: name }), true);
    }
  });

  test("a repeated question has the same answer, also beyond what is remembered", () => {
    const rights = rightsOf([{ allow: ["publish"], topics: ["even/+"] }]);
    for (let round = 0; round < 2; round++)
      for (let index = 0; index < 2_500; index++) {
        const even = index % 2 === 0;
        assert.equal(rights.mayPublish(`${even ? "even" : "odd"}/${index}`, 0, false), even);
      }
  });

  test("what is remembered for a client has a bound", () => {
    const engine = engineOf([{ allow: ["publish"], topics: ["#"] }]);
    const rights = engine.rightsOf(principalOf("ana"), "c1");
    const long = "x".repeat(500);
    for (let index = 0; index < 300; index++) rights?.mayPublish(`${long}${index}`, 0, false);
    assert.equal(engine.counters.forgotten, 2);
  });
});

describe("for whom a rule is", () => {
  const may = (rule: Written, user: string, clientId = "c1") =>
    rightsOf([{ allow: ["publish"], topics: ["t"], ...rule }], user, clientId).mayPublish("t", 0, false);

  test("everybody with a name, unless it says otherwise", () => {
    assert.equal(may({}, "ana"), true);
    assert.equal(may({}, ""), false);
    assert.equal(may({ anonymous: true }, ""), true);
    assert.equal(may({ anonymous: true }, "ana"), true);
  });

  test("users, by name and by pattern", () => {
    assert.equal(may({ users: ["ana", "bo"] }, "bo"), true);
    assert.equal(may({ users: ["ana", "bo"] }, "ana2"), false);
    assert.equal(may({ users: ["*"] }, ""), false);
    assert.equal(may({ users: ["dev-*"] }, "dev-"), true);
    assert.equal(may({ users: ["dev-*-x"] }, "dev-1-x"), true);
    assert.equal(may({ users: ["dev-*-x"] }, "dev-x"), false);
    assert.equal(may({ users: ["bo", "dev-*"] }, "dev-1"), true);
  });

  test("clients, and both", () => {
    assert.equal(may({ clients: ["c1"] }, "ana"), true);
    assert.equal(may({ clients: ["c2"] }, "ana"), false);
    assert.equal(may({ clients: ["c*"] }, ""), false);
    assert.equal(may({ clients: ["c*"], anonymous: true }, ""), true);
    assert.equal(may({ clients: ["c*"], users: ["bo"] }, "ana"), false);
    assert.equal(may({ clients: ["c*"], users: ["ana"] }, "ana"), true);
    assert.equal(may({ clients: ["d*"], users: ["ana"] }, "ana"), false);
  });

  test("many rules for one, which are looked through as one", () => {
    const rules = Array.from(
      { length: 20 },
      (_, index): Written => ({
        allow: ["publish"],
        topics: [`t${index}/{id}`],
        users: [index % 2 === 0 ? "{id}" : "*-{id}"],
        clients: index % 3 === 0 ? ["c*"] : undefined,
      }),
    );
    const rights = rightsOf(rules, "a-b");
    assert.equal(rights.mayPublish("t0/a-b", 0, false), true);
    assert.equal(rights.mayPublish("t1/b", 0, false), true);
    assert.equal(rights.mayPublish("t1/a-b", 0, false), false);
    assert.equal(rights.mayPublish("t18/a-b", 0, false), true);
  });
});

describe("what is filled in", () => {
  const publishes = (rules: readonly Written[], user: string, clientId: string, topic: string) =>
    rightsOf(rules, user, clientId).mayPublish(topic, 0, false);

  test("user, client and captures, in a part of a level too", () => {
    const rules: Written[] = [
      { allow: ["publish"], topics: ["u/%u", "c/x-%c-y/#", "both/%u/%c"] },
      { allow: ["publish"], topics: ["d/{id}/{site}"], users: ["dev-{id}"], clients: ["{site}:*"] },
    ];
    for (const topic of ["u/dev-7", "c/x-oslo:1-y/z", "both/dev-7/oslo:1", "d/7/oslo"])
      assert.equal(publishes(rules, "dev-7", "oslo:1", topic), true, topic);
    for (const topic of ["u/%u", "u/dev-8", "u/dev-7/x", "d/7/1", "d/dev-7/oslo"])
      assert.equal(publishes(rules, "dev-7", "oslo:1", topic), false, topic);
    assert.equal(publishes(rules, "dev-", "oslo:1", "d//oslo"), false);
  });

  test("every pattern that matches counts", () => {
    const rule: Written = { allow: ["publish"], topics: ["d/{id}"], users: ["{id}-x", "dev-{id}"] };
    for (const topic of ["d/dev-7", "d/7-x"])
      assert.equal(publishes([rule], "dev-7-x", "c", topic), true, topic);
  });

  test("what user and client both capture must be the same", () => {
    const rule: Written = { allow: ["publish"], topics: ["d/{id}"], users: ["u-{id}"], clients: ["c-{id}"] };
    assert.equal(publishes([rule], "u-1", "c-1", "d/1"), true);
    assert.equal(publishes([rule], "u-1", "c-2", "d/1"), false);
    assert.equal(publishes([rule], "u-1", "c-2", "d/2"), false);
  });

  for (const name of ["#", "+", "a/#", "a/b", "a+", "x#y", "a\0b"])
    test(`${JSON.stringify(name)} opens nothing, and what is denied to it is denied widely`, () => {
      const allow: Written = { allow: everything, topics: ["u/%u", "u/%u/#", "x/%u-x", "%u"] };
      const rights = rightsOf([allow], name);
      for (const topic of ["u", "u/a", "u/b/c", `u/${name}`, "x/a-x", "a", name]) {
        assert.equal(rights.mayPublish(topic, 0, false), false, topic);
        assert.equal(rights.mayReceive(topic), false, topic);
      }
      for (const filter of ["#", "u/#", "u/+", `u/${name}`])
        assert.equal(rights.readable(filter), undefined, filter);
      const denied = rightsOf(
        [
          { allow: everything, topics: ["#"] },
          { deny: everything, topics: ["u/%u/secret"] },
        ],
        name,
      );
      for (const topic of ["u", "u/a", "u/a/secret", "u/x/y"])
        assert.equal(denied.mayPublish(topic, 0, false), false, topic);
      assert.equal(denied.mayPublish("v/a", 0, false), true);
      assert.deepEqual(denied.readable("#"), { qos: 2, whole: false });
      assert.deepEqual(denied.readable("v/#"), { qos: 2, whole: true });
      assert.equal(denied.readable("u/+/secret"), undefined);
    });

  test("a name with $ reads nothing of the server's", () => {
    const rules: Written[] = [{ allow: ["subscribe"], topics: ["%c/#", "t/%c"] }];
    const rights = rightsOf(rules, "ana", "$SYS");
    assert.equal(rights.mayReceive("$SYS/broker"), false);
    assert.equal(rights.readable("$SYS/#"), undefined);
    assert.equal(rights.mayReceive("t/$SYS"), true);
    const denied = rightsOf(
      [
        { allow: ["subscribe"], topics: ["$SYS/#"] },
        { deny: ["subscribe"], topics: ["%c/#"] },
      ],
      "ana",
      "$SYS",
    );
    assert.equal(denied.mayReceive("$SYS/broker"), false);
  });

  test("nobody has nothing of a user's", () => {
    const rules: Written[] = [{ allow: ["publish"], topics: ["u/%u", "u/%u/#", "%u"], anonymous: true }];
    for (const topic of ["u/", "u", "u//x", ""]) assert.equal(publishes(rules, "", "c", topic), false);
  });
});

describe("what a filter may be subscribed to", () => {
  const of = (rules: readonly Written[], filter: string) => rightsOf(rules).readable(filter);
  const allow = (...topics: string[]): Written => ({ allow: ["subscribe"], topics });
  const deny = (...topics: string[]): Written => ({ deny: ["subscribe"], topics });

  for (const [rules, filter, expected] of [
    [[], "a", undefined],
    [[allow("a")], "a", { qos: 2, whole: true }],
    [[allow("a")], "+", { qos: 2, whole: false }],
    [[allow("a")], "#", { qos: 2, whole: false }],
    [[allow("a")], "b", undefined],
    [[allow("a")], "a/#", { qos: 2, whole: false }],
    [[allow("a/#")], "a", { qos: 2, whole: true }],
    [[allow("a/#")], "a/+/b/#", { qos: 2, whole: true }],
    [[allow("a/#")], "+/b", { qos: 2, whole: false }],
    [[allow("a/+")], "a/#", { qos: 2, whole: false }],
    [[allow("a/+/#")], "a/#", { qos: 2, whole: false }],
    [[allow("#")], "#", { qos: 2, whole: true }],
    [[allow("#")], "$SYS/#", undefined],
    [[allow("$SYS/#")], "#", undefined],
    [[allow("$SYS/#")], "+/x", undefined],
    [[allow("#"), deny("$SYS/#")], "#", { qos: 2, whole: true }],
    [[allow("#"), deny("a/b")], "#", { qos: 2, whole: false }],
    [[allow("#"), deny("a/b")], "+", { qos: 2, whole: true }],
    [[allow("#"), deny("a/b")], "a/+", { qos: 2, whole: false }],
    [[allow("#"), deny("a/b")], "a/b", undefined],
    [[allow("#"), deny("a/#")], "a", undefined],
    [[allow("#"), deny("a/#")], "+/b", { qos: 2, whole: false }],
    [[allow("a/#"), deny("#")], "a/#", undefined],
    [[allow("a/b"), deny("a/+")], "#", undefined],
    [[{ ...allow("a"), qos: 1 }], "a", { qos: 1, whole: true }],
    [
      [
        { ...allow("a"), qos: 0 },
        { ...allow("b"), qos: 1 },
      ],
      "+",
      { qos: 1, whole: false },
    ],
    [[allow("a"), { ...deny("a"), qos: 1 }], "a", { qos: 0, whole: true }],
    [[allow("#"), { ...deny("a/low"), qos: 1 }], "#", { qos: 2, whole: true, uneven: true }],
    [[allow("#"), { ...deny("a/low"), qos: 1 }], "b/#", { qos: 2, whole: true }],
    [[{ ...allow("#"), qos: 0 }, allow("a/#")], "#", { qos: 2, whole: true, uneven: true }],
    [[allow("u/%u/#")], "u/ana/x", { qos: 2, whole: true }],
    [[allow("u/%u/#")], "u/+/x", { qos: 2, whole: false }],
    [[allow("u/%u/#")], "u/bo/x", undefined],
  ] as const)
    test(`${filter} under ${JSON.stringify(rules.map(({ anonymous: _, ...rule }: Written) => rule))}`, () =>
      assert.deepEqual(of(rules, filter), expected));

  test("what is subscribed to is what is received", () => {
    const rights = rightsOf([allow("#"), deny("a/secret/#"), { ...deny("a/low"), qos: 1 }]);
    assert.deepEqual(
      [rights.mayReceive("a/x"), rights.mayReceive("a/secret"), rights.mayReceive("a/low")],
      [true, false, true],
    );
    assert.deepEqual(
      ["a/x", "a/secret", "a/low"].map((topic) => rights.receiveQos(topic)),
      [2, undefined, 0],
    );
  });
});

describe("channels", () => {
  const of = (rules: readonly Written[], name: string, action: ChannelAction = "subscribe", user = "ana") =>
    rightsOf(rules, user).channel(name, action);

  test("nothing said, allowed, denied", () => {
    const rules: Written[] = [
      { allow: ["subscribe", "presence"], channels: ["room:*", "lobby"] },
      { deny: ["subscribe"], channels: ["room:secret"] },
    ];
    assert.equal(of(rules, "room:1"), true);
    assert.equal(of(rules, "room:1", "presence"), true);
    assert.equal(of(rules, "room:1", "publish"), undefined);
    assert.equal(of(rules, "room:secret"), false);
    assert.equal(of(rules, "room:secret", "presence"), true);
    assert.equal(of(rules, "lobby"), true);
    assert.equal(of(rules, "lobby2"), undefined);
    assert.equal(of(rules, "other"), undefined);
  });

  test("what is filled in", () => {
    const rules: Written[] = [
      { allow: ["subscribe"], channels: ["user:%u", "inbox:%u:*"] },
      { allow: ["rpc"], channels: ["{id}@home"], users: ["dev-{id}"] },
    ];
    assert.equal(of(rules, "user:ana"), true);
    assert.equal(of(rules, "user:bo"), undefined);
    assert.equal(of(rules, "inbox:ana:1"), true);
    assert.equal(of(rules, "inbox:ana"), undefined);
    assert.equal(of(rules, "7@home", "rpc", "dev-7"), true);
    assert.equal(of(rules, "8@home", "rpc", "dev-7"), undefined);
    for (const name of ["a/b", "#", "+"]) {
      assert.equal(of(rules, `user:${name}`, "subscribe", name), undefined);
      const all: Written = { allow: ["subscribe"], channels: ["*"] };
      const denied: Written = { deny: ["subscribe"], channels: ["user:%u"] };
      assert.equal(of([all, denied], "user:anyone", "subscribe", name), false);
      assert.equal(of([all, denied], "room", "subscribe", name), true);
    }
  });

  test("mqtt:FILTER is its topics", () => {
    const rules: Written[] = [
      { allow: ["subscribe"], channels: ["mqtt:a/%u/#", "mqtt:b/*"] },
      { allow: ["subscribe", "publish"], channels: ["*"] },
      { deny: ["subscribe"], channels: ["mqtt:b/secret"] },
    ];
    const rights = rightsOf(rules);
    assert.equal(rights.channel("mqtt:#", "subscribe"), undefined);
    assert.equal(rights.channel("mqtt:a/ana/#", "subscribe"), undefined);
    assert.equal(rights.readable("#")?.whole, false);
    assert.deepEqual(rights.readable("a/ana/#"), { qos: 2, whole: true });
    assert.deepEqual(rights.readable("b/#"), { qos: 2, whole: false });
    assert.equal(rights.mayReceive("b/secret"), false);
    assert.equal(rights.channel("mqtt:b/secret", "subscribe"), false);
    assert.equal(rights.mayReceive("c"), false);
    // A client that calls itself + is not to get a filter in which that is a wildcard.
    assert.equal(rightsOf(rules, "+").readable("a/+/#"), undefined);
  });
});

describe("what a credential states", () => {
  const token = stated({
    publish: ["out/%u/#", "not#valid", "$share/g/x"],
    subscribe: ["in/%c", "in/+/public"],
    channels: new Map<string, ReadonlySet<ChannelAction>>([
      ["room:*", new Set(["subscribe", "rpc"] as const)],
      ["mqtt:live/#", new Set(["subscribe"] as const)],
      ["%u", new Set(["publish"] as const)],
    ]),
  });

  test("limits it where there are no rules", () => {
    const engine = new RightsEngine();
    assert.equal(engine.rightsOf(principalOf("ana"), "c1"), undefined);
    const rights = engine.rightsOf(principalOf("ana", token), "c1");
    assert.equal(rights?.mayPublish("out/ana/x", 2, true), true);
    assert.equal(rights?.mayPublish("out/bo/x", 0, false), false);
    assert.equal(rights?.mayPublish("x", 0, false), false);
    assert.equal(rights?.mayReceive("out/ana/x"), false);
    assert.deepEqual(rights?.readable("in/c1"), { qos: 2, whole: true });
    assert.deepEqual(rights?.readable("in/#"), { qos: 2, whole: false });
    assert.deepEqual(rights?.readable("live/x"), { qos: 2, whole: true });
    assert.equal(rights?.channel("room:1", "rpc"), true);
    assert.equal(rights?.channel("room:1", "publish"), undefined);
    assert.equal(rights?.channel("%u", "publish"), true);
    assert.equal(rights?.channel("ana", "publish"), undefined);
  });

  test("adds to the rules, whose denials win", () => {
    const engine = engineOf([
      { allow: ["publish"], topics: ["common"] },
      { deny: ["publish"], topics: ["out/+/locked"] },
      { deny: ["subscribe"], channels: ["room:secret"] },
    ]);
    const rights = engine.rightsOf(principalOf("ana", token), "c1");
    assert.equal(rights?.mayPublish("common", 0, false), true);
    assert.equal(rights?.mayPublish("out/ana/x", 0, false), true);
    assert.equal(rights?.mayPublish("out/ana/locked", 0, false), false);
    assert.equal(rights?.channel("room:1", "subscribe"), true);
    assert.equal(rights?.channel("room:secret", "subscribe"), false);
    assert.equal(engine.rightsOf(principalOf("ana"), "c1")?.mayPublish("out/ana/x", 0, false), false);
  });

  test("nothing stated is nothing allowed", () => {
    const rights = new RightsEngine().rightsOf(principalOf("ana", stated({})), "c1");
    assert.equal(rights?.mayPublish("a", 0, false), false);
    assert.equal(rights?.readable("#"), undefined);
  });

  test("a name with a wildcard opens nothing", () => {
    const rights = new RightsEngine().rightsOf(principalOf("#", token), "+");
    assert.equal(rights?.mayPublish("out/ana/x", 0, false), false);
    assert.equal(rights?.mayReceive("in/c1"), false);
  });
});
