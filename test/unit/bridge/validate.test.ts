import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rule } from "../../../src/bridge/options.js";
import { validateRules } from "../../../src/bridge/validate.js";

type Sketch = Partial<Rule> & Pick<Rule, "channel" | "topics">;

function rule(sketch: Sketch): Rule {
  return { snapshot: false, ...sketch };
}

function publishing(channel: string, topic: string, publish: string): Sketch {
  return { channel, topics: [topic], publish: { topic: publish, qos: 0, retain: false } };
}

function requesting(channel: string, topic: string, request: string, response: string): Sketch {
  const options = { topic: request, response, qos: 1 as const, timeout: 10_000, maxPending: 100 };
  return { channel, topics: [topic], request: options };
}

const good: [string, Sketch[]][] = [
  ["no rules", []],
  ["a channel fed by a wildcard", [{ channel: "telemetry", topics: ["devices/+/telemetry"] }]],
  ["a family", [publishing("device:{id}", "devices/{id}/#", "devices/{id}/commands")]],
  ["the rest of a topic", [publishing("raw:{rest...}", "raw/{rest...}", "raw/{rest...}")]],
  ["a request", [requesting("d:{id}", "d/{id}", "d/{id}/do/{requestId}", "d/{id}/done/{requestId}")]],
  [
    "a request that needs no captures",
    [requesting("d:{id}", "d/{id}", "do/{requestId}", "done/{requestId}")],
  ],
  [
    "a capture that is called as those of requests",
    [{ channel: "d:{requestId}", topics: ["d/{requestId}"] }],
  ],
  ["two captures", [{ channel: "room:{building}:{room}", topics: ["{building}/{room}/+"] }]],
  [
    "families that share a beginning",
    [
      { channel: "a:{x}:1", topics: ["{x}"] },
      { channel: "a:{x}:2", topics: ["{x}"] },
    ],
  ],
  [
    "one level beside many",
    [
      { channel: "{x}", topics: ["{x}"] },
      { channel: "a/{y}", topics: ["{y}"] },
    ],
  ],
  [
    "names that objects inherit",
    [
      { channel: "__proto__", topics: ["a"] },
      { channel: "constructor", topics: ["a"] },
    ],
  ],
];

for (const [what, rules] of good) {
  test(`right: ${what}`, () => assert.deepEqual(validateRules(rules.map(rule), { mqttChannels: false }), []));
}

const bad: [string, Sketch[], string, RegExp][] = [
  [
    "a bad filter",
    [{ channel: "a", topics: ["x", "x/#/y"] }],
    "[0].topics[1]",
    /"a": topic "x\/#\/y": # must be the whole last/,
  ],
  [
    "a wildcard in a level",
    [{ channel: "a", topics: ["x+/y"] }],
    "[0].topics[0]",
    /\+ must be a whole level/,
  ],
  ["an empty filter", [{ channel: "a", topics: [""] }], "[0].topics[0]", /must not be empty/],
  [
    "the same channel twice",
    [
      { channel: "a", topics: ["x"] },
      { channel: "a", topics: ["y"] },
    ],
    "[1].channel",
    /"a": bridge\.channels\[0\] has the same channel/,
  ],
  [
    "a name of a family",
    [
      { channel: "d:{id}", topics: ["{id}"] },
      { channel: "d:7", topics: ["y"] },
    ],
    "[1].channel",
    /"d:7": some channel names match both it and "d:\{id\}" \(bridge\.channels\[0\]\)/,
  ],
  [
    "two families",
    [
      { channel: "{a}:x", topics: ["{a}"] },
      { channel: "y:{b}", topics: ["{b}"] },
    ],
    "[1].channel",
    /"y:\{b\}".*"\{a\}:x"/,
  ],
  [
    "the same family by other words",
    [
      { channel: "d:{a}", topics: ["{a}"] },
      { channel: "d:{b}", topics: ["x/{b}"] },
    ],
    "[1].channel",
    /rename one/,
  ],
  [
    "rest beside one level",
    [
      { channel: "d:{a...}", topics: ["{a...}"] },
      { channel: "d:{b}", topics: ["{b}"] },
    ],
    "[1].channel",
    /rename one/,
  ],
  [
    "a capture that the topic lacks",
    [{ channel: "d:{id}", topics: ["devices/+"] }],
    "[0].topics[0]",
    /does not hold \{id\}/,
  ],
  [
    "a capture that the channel lacks",
    [{ channel: "d", topics: ["devices/{id}"] }],
    "[0].topics[0]",
    /\{id\} is not in the channel's name/,
  ],
  [
    "a publish topic that cannot be filled",
    [publishing("d", "x", "devices/{id}")],
    "[0].publish.topic",
    /\{id\} is not in the channel's name/,
  ],
  [
    "a publish topic that lacks a capture",
    [publishing("d:{id}", "d/{id}", "devices/x")],
    "[0].publish.topic",
    /does not hold \{id\}/,
  ],
  [
    "a publish topic with a wildcard",
    [publishing("d", "x", "devices/+")],
    "[0].publish.topic",
    /must not contain the wildcards/,
  ],
  [
    "a publish topic of the server's own",
    [publishing("d", "x", "$SYS/x")],
    "[0].publish.topic",
    /begin with \$ are reserved/,
  ],
  [
    "a schema that is none",
    [
      {
        channel: "d",
        topics: ["x"],
        publish: { topic: "y", qos: 0, retain: false, schema: { type: "object", requird: [] } },
      },
    ],
    "[0].publish.schema",
    /^channel "d": publish schema: unknown keyword: "requird"$/,
  ],
  [
    "a schema for more than is checked",
    [
      {
        channel: "d",
        topics: ["x"],
        publish: { topic: "y", qos: 0, retain: false, schema: {}, maxSize: 1e6 },
      },
    ],
    "[0].publish.maxSize",
    /^channel "d": publish maxSize is 1000000 bytes; with a schema it is at most 65536$/,
  ],
  [
    "a request that cannot be told from others",
    [requesting("d:{id}", "d/{id}", "d/{id}/do", "d/{id}/done/{requestId}")],
    "[0].request.topic",
    /^channel "d:\{id\}": request topic "d\/\{id\}\/do": it does not hold \{requestId\}/,
  ],
  [
    "an answer that cannot be told from others",
    [requesting("d", "d", "do/{requestId}", "done/+")],
    "[0].request.response",
    /request response "done\/\+": it does not hold \{requestId\}/,
  ],
  [
    "an answer from everywhere",
    [requesting("d", "d", "do/{requestId}", "+/{requestId}")],
    "[0].request.response",
    /must not contain the wildcards/,
  ],
  [
    "a request to a part of a level",
    [requesting("d", "d", "do/x-{requestId}", "done/{requestId}")],
    "[0].request.topic",
    /must be a whole level/,
  ],
  [
    "a request to many levels",
    [requesting("d", "d", "do/{requestId...}", "done/{requestId}")],
    "[0].request.topic",
    /write \{requestId\}: it is one level/,
  ],
  [
    "a request with a capture that the channel lacks",
    [requesting("d:{id}", "d/{id}", "{site}/{requestId}", "done/{requestId}")],
    "[0].request.topic",
    /\{site\} is not in the channel's name; add it there, or write a fixed level/,
  ],
  [
    "a request with a capture of two kinds",
    [requesting("d:{id...}", "d/{id...}", "do/{requestId}/{id}", "done/{requestId}")],
    "[0].request.topic",
    /write both the same way/,
  ],
  [
    "a command that is its own answer",
    [requesting("d", "d", "do/{requestId}", "do/{requestId}")],
    "[0].request.response",
    /a command would be taken for its answer/,
  ],
  [
    "a request in the server's own topics",
    [requesting("d", "d", "$SYS/{requestId}", "done/{requestId}")],
    "[0].request.topic",
    /reserved/,
  ],
  [
    "a channel with the capture of requests",
    [requesting("d:{requestId}", "d/{requestId}", "do/{requestId}", "done/{requestId}")],
    "[0].channel",
    /\{requestId\} is what tells requests apart; give the channel's capture another name/,
  ],
  [
    "a capture twice in the channel",
    [{ channel: "{a}:{a}", topics: ["{a}"] }],
    "[0].channel",
    /\{a\} stands in it twice/,
  ],
  [
    "a capture twice in a topic",
    [{ channel: "{a}", topics: ["{a}/{a}"] }],
    "[0].topics[0]",
    /\{a\} stands in it twice/,
  ],
  [
    "rest that is not last in the channel",
    [{ channel: "{a...}:x", topics: ["{a...}"] }],
    "[0].channel",
    /must be the last part/,
  ],
  [
    "rest that is not last in a topic",
    [{ channel: "{a...}", topics: ["{a...}/x"] }],
    "[0].topics[0]",
    /must be the last part/,
  ],
  [
    "a capture of two kinds",
    [{ channel: "{a}", topics: ["{a...}"] }],
    "[0].topics[0]",
    /write both the same way/,
  ],
  ["captures in a row", [{ channel: "{a}{b}", topics: ["{a}/{b}"] }], "[0].channel", /two captures in a row/],
  [
    "a capture that is part of a level",
    [{ channel: "{a}", topics: ["x-{a}"] }],
    "[0].topics[0]",
    /must be a whole level, unlike "x-\{a\}"/,
  ],
  [
    "a stray brace in the channel",
    [{ channel: "a{b", topics: ["x"] }],
    "[0].channel",
    /write a capture as \{name\}/,
  ],
  ["an empty capture", [{ channel: "a", topics: ["{}"] }], "[0].topics[0]", /write a capture as \{name\}/],
  [
    "a capture with a space",
    [{ channel: "{a b}", topics: ["x"] }],
    "[0].channel",
    /write a capture as \{name\}/,
  ],
  ["a long channel", [{ channel: "x".repeat(256), topics: ["x"] }], "[0].channel", /not be longer than 255/],
];

for (const [what, rules, path, message] of bad) {
  test(`refused by name: ${what}`, () => {
    const faults = validateRules(rules.map(rule), { mqttChannels: false });
    assert.equal(faults.length, 1, JSON.stringify(faults));
    assert.equal(faults[0]?.path, `bridge.channels${path}`);
    assert.match(faults[0]?.message ?? "", message);
  });
}

test("names of the built-in channels are reserved while those are served", () => {
  for (const channel of ["mqtt:a", "mqtt:", "mqtt:{x}", "{x}", "{x...}", "{x}:a"]) {
    const topics = channel.includes("...") ? ["{x...}"] : channel.includes("{") ? ["{x}"] : ["a"];
    const [fault] = validateRules([rule({ channel, topics })]);
    assert.match(
      fault?.message ?? "",
      /names that begin with mqtt: .* set bridge\.mqttChannels to false/,
      channel,
    );
    assert.deepEqual(validateRules([rule({ channel, topics })], { mqttChannels: false }), []);
  }
  assert.deepEqual(validateRules([rule({ channel: "mqtt", topics: ["a"] })]), []);
});

test("every fault is told at once", () => {
  const rules = [rule({ channel: "a", topics: ["#/a", "ok", "b+"] }), rule({ channel: "{", topics: ["a"] })];
  assert.deepEqual(
    validateRules(rules).map(({ path }) => path),
    ["bridge.channels[0].topics[0]", "bridge.channels[0].topics[2]", "bridge.channels[1].channel"],
  );
});

test("a thousand rules are compared in no time", () => {
  const rules = Array.from({ length: 1_000 }, (_, i) =>
    rule({ channel: `family-${i}:{id}`, topics: [`t/${i}/{id}`] }),
  );
  const before = performance.now();
  assert.deepEqual(validateRules(rules), []);
  assert.ok(performance.now() - before < 3_000);
});
