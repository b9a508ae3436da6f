import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import pino from "pino";
import { Bridge } from "../../../src/bridge/bridge.js";
import type { BusMessage } from "../../../src/bridge/bus.js";
import type { BridgeOptions, RequestOptions, Rule } from "../../../src/bridge/options.js";
import { Fault } from "../../../src/gateway/fault.js";
import { eventually } from "../../channels/support/eventually.js";
import { MemoryBus } from "../../channels/support/memory-bus.js";

const request: RequestOptions = {
  topic: "devices/{id}/requests/{requestId}",
  response: "devices/{id}/responses/{requestId}",
  qos: 1,
  timeout: 10_000,
  maxPending: 3,
};
const sketch = { channel: "device:{id}", topics: ["devices/{id}/#"], snapshot: true, request };
const HOUR = 3_600_000;

interface Ground {
  readonly bus: MemoryBus;
  readonly bridge: Bridge;
  readonly log: { msg: string; level: number; [key: string]: unknown }[];
}

function start(t: TestContext, rule: Partial<Rule> = {}, options: Partial<BridgeOptions> = {}): Ground {
  const log: Ground["log"] = [];
  const bus = new MemoryBus();
  const bridge = new Bridge({
    bus,
    log: pino({ level: "debug" }, { write: (line: string) => log.push(JSON.parse(line)) }),
    options: {
      channels: [{ ...sketch, ...rule }],
      mqttChannels: true,
      maxTopics: 10_000,
      maxHistorySize: 1024 ** 2,
      linger: 60_000,
      ...options,
    },
  });
  t.after(() => bridge.close());
  return { bus, bridge, log };
}

const commands = (bus: MemoryBus): BusMessage[] =>
  bus.published.filter(({ topic }) => topic.includes("/requests/"));

/** As soon as there are so many. */
async function sentCommands(bus: MemoryBus, count: number): Promise<BusMessage[]> {
  await eventually(() => commands(bus).length >= count, `${count} commands were sent`);
  return commands(bus);
}

/** Answers every command, as a device would. */
function answerAll(bus: MemoryBus, answer: string | Buffer): void {
  bus.subscribe("devices/+/requests/+", ({ topic }) =>
    bus.send(topic.replace("requests", "responses"), answer),
  );
}

/** Filters of answers that somebody waits for. */
const awaited = (bus: MemoryBus): string[] => bus.filters.filter((filter) => filter.includes("/responses/"));

function fault(code: number, message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof Fault);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

test("a request becomes a command, and the device's answer its result", async (t) => {
  const { bus, bridge } = start(t);
  answerAll(bus, '{"ok": true}');
  const answer = await bridge.request("device:7", { data: '{"relay": 1.50}' });
  const [command] = commands(bus);
  assert.ok(command);
  assert.match(command.topic, /^devices\/7\/requests\/[A-Za-z0-9_-]{22}$/);
  assert.deepEqual([command.payload.toString(), command.qos, command.retain], ['{"relay": 1.50}', 1, false]);
  assert.deepEqual(answer, {
    topic: command.topic.replace("requests", "responses"),
    data: '{"ok": true}',
    encoding: undefined,
  });
});

test("answers and commands may be text, bytes or nothing", async (t) => {
  const { bus, bridge } = start(t);
  const answers = ["done", Buffer.from([0xff, 0]), ""];
  bus.subscribe("devices/+/requests/+", ({ topic }) =>
    bus.send(topic.replace("requests", "responses"), answers.shift() ?? ""),
  );
  const ask = async (data: string, encoding?: "base64") => {
    const { data: answer, encoding: how } = await bridge.request("device:7", { data, encoding });
    return [answer, how];
  };
  assert.deepEqual(await ask('"reboot"'), ['"done"', undefined]);
  assert.deepEqual(await ask('"AAE="', "base64"), ['"/wA="', "base64"]);
  assert.deepEqual(await ask("null"), ['""', undefined]);
  assert.deepEqual(
    commands(bus).map(({ payload }) => payload.toString("latin1")),
    ["reboot", "\u0000\u0001", "null"],
  );
});

test("each request gets its own answer, however they come, and only the first", async (t) => {
  const { bus, bridge } = start(t);
  const asked = [1, 2, 3].map((n) => bridge.request("device:7", { data: `${n}` }));
  const sent = await sentCommands(bus, 3);
  assert.equal(new Set(sent.map(({ topic }) => topic)).size, 3);
  for (const { topic, payload } of sent.toReversed())
    for (const time of ["first", "second"])
      bus.send(topic.replace("requests", "responses"), `${time} to ${payload}`);
  assert.deepEqual(
    (await Promise.all(asked)).map(({ data }) => data),
    ['"first to 1"', '"first to 2"', '"first to 3"'],
  );
});

test("an answer counts even before the broker says that it took the command", async (t) => {
  const { bus, bridge } = start(t);
  bus.beforePublish = async ({ topic }) => {
    bus.send(topic.replace("requests", "responses"), "1");
    await new Promise(() => {});
  };
  assert.equal((await bridge.request("device:7", { data: "1" })).data, "1");
});

test("a device that does not answer is waited for as long as the rule says", async (t) => {
  const { bus, bridge, log } = start(t, { request: { ...request, timeout: 30 } });
  const late = bridge.request("device:7", { data: "1" }, { timeout: HOUR });
  await assert.rejects(late, fault(108, /^not available: the device did not answer within 0.03s$/));
  const topic = commands(bus)[0]?.topic ?? "";
  bus.send(topic.replace("requests", "responses"), "too late");
  assert.deepEqual(
    log
      .filter(({ msg }) => msg === "a device did not answer a request")
      .map((line) => [line.channel, line.topic]),
    [["device:7", topic]],
  );
});

test("a client may wait for less, not for nothing", async (t) => {
  const { bridge } = start(t, { request: { ...request, timeout: HOUR } });
  await assert.rejects(
    bridge.request("device:7", { data: "1" }, { timeout: 20 }),
    fault(108, /within 0.02s/),
  );
  for (const timeout of [0, -1, Number.NaN])
    await assert.rejects(
      bridge.request("device:7", { data: "1" }, { timeout }),
      fault(107, /timeout must be a number above 0/),
    );
});

test("of one channel so many wait as the rule allows; other channels have room", async (t) => {
  const { bus, bridge } = start(t);
  const waiting = [1, 2, 3].map((n) => bridge.request("device:7", { data: `${n}` }));
  await assert.rejects(
    bridge.request("device:7", { data: "4" }),
    fault(111, /^too many requests: 3 requests to channel "device:7" wait for an answer already$/),
  );
  assert.equal((await sentCommands(bus, 3)).length, 3, "no device was told");
  const other = bridge.request("device:8", { data: "5" });
  for (const { topic } of await sentCommands(bus, 4)) bus.send(topic.replace("requests", "responses"), "ok");
  await Promise.all([...waiting, other]);
  answerAll(bus, "ok");
  await bridge.request("device:7", { data: "6" });
});

test("names that somebody makes up are bounded too", async (t) => {
  const { bus, bridge } = start(t, { snapshot: false });
  bus.beforePublish = () => new Promise(() => {});
  const asked = Array.from({ length: 10_000 }, (_, n) => bridge.request(`device:${n}`, { data: "1" }));
  await assert.rejects(
    bridge.request("device:x", { data: "1" }),
    fault(111, /10000 requests wait for an answer already/),
  );
  bridge.close();
  await Promise.allSettled(asked);
  assert.deepEqual(awaited(bus), []);
});

test("nothing is left of a request, however it ends", async (t) => {
  const { bus, bridge } = start(t, { request: { ...request, maxPending: 100 } });
  const gone = new AbortController();
  const answered = bridge.request("device:1", { data: "1" });
  const timedOut = assert.rejects(
    bridge.request("device:2", { data: "1" }, { timeout: 20 }),
    fault(108, /did not answer/),
  );
  const cancelled = assert.rejects(
    bridge.request("device:3", { data: "1" }, { signal: gone.signal }),
    fault(108, /the request was cancelled/),
  );
  assert.equal(bridge.stats().requestsPending, 3);
  assert.equal(awaited(bus).length, 3);
  const [first] = await sentCommands(bus, 3);
  bus.beforePublish = () => Promise.reject(new Error("the store is full"));
  const refused = assert.rejects(bridge.request("device:4", { data: "1" }), fault(100, /the store is full/));
  gone.abort();
  bus.send(first?.topic.replace("requests", "responses") ?? "", "ok");
  await answered;
  await timedOut;
  await cancelled;
  await refused;
  await assert.rejects(
    bridge.request("device:5", { data: "1" }, { signal: gone.signal }),
    fault(108, /cancelled/),
  );
  assert.deepEqual(awaited(bus), []);
  const {
    requests,
    requestsAnswered,
    requestsTimedOut,
    requestsCancelled,
    requestsRefused,
    requestsPending,
  } = bridge.stats();
  assert.deepEqual(
    [requests, requestsAnswered, requestsTimedOut, requestsCancelled, requestsRefused, requestsPending],
    [5, 1, 1, 1, 2, 0],
  );
});

test("a session with many requests gives them all up at once, without a warning of Node's", async (t) => {
  const { bus, bridge } = start(t, { request: { ...request, maxPending: 100 } });
  const warned = t.mock.fn();
  process.on("warning", warned);
  t.after(() => process.off("warning", warned));
  const session = new AbortController();
  const asked = Array.from({ length: 50 }, () =>
    bridge.request("device:7", { data: "1" }, { signal: session.signal }),
  );
  session.abort();
  const ends = await Promise.allSettled(asked);
  assert.ok(ends.every(({ status }) => status === "rejected"));
  assert.deepEqual(awaited(bus), []);
  await new Promise((resolve) => setImmediate(resolve)); // warnings are told in a turn of their own
  assert.equal(warned.mock.callCount(), 0);
});

test("who waits when the bridge closes is told", async (t) => {
  const { bridge } = start(t);
  const asked = bridge.request("device:7", { data: "1" });
  bridge.close();
  await assert.rejects(asked, fault(108, /cancelled/));
});

const refusals: [string, string, string, number, RegExp][] = [
  ["a rule without request", "plain", "1", 108, /^not available: channel "plain": its rule has no request$/],
  ["the built-in family", "mqtt:devices/7/requests", "1", 108, /its rule has no request/],
  ["a channel that no rule makes", "nobody", "1", 102, /no rule makes a channel "nobody"/],
  ["data that does not conform", "checked", '{"relay":3}', 107, /^bad request: \/relay must be boolean$/],
  ["data that is too large", "checked", `{"relay":${" ".repeat(200)}true}`, 107, /takes at most 100/],
  ["topics that are one", "same:x", "1", 103, /stands for no topic of a request/],
];
for (const [what, channel, data, code, message] of refusals)
  test(`refused: ${what}`, async (t) => {
    const schema = { type: "object", properties: { relay: { type: "boolean" } } };
    const channels = [
      { channel: "plain", topics: ["plain"], snapshot: false },
      {
        channel: "checked",
        topics: ["checked"],
        snapshot: false,
        request: { ...request, topic: "do/{requestId}", response: "done/{requestId}", schema, maxSize: 100 },
      },
      {
        channel: "same:{id}",
        topics: ["{id}"],
        snapshot: false,
        request: { ...request, topic: "{id}/x/{requestId}", response: "x/{id}/{requestId}" },
      },
    ];
    const { bus, bridge } = start(t, {}, { channels });
    await assert.rejects(bridge.request(channel, { data }), fault(code, message));
    assert.deepEqual(bus.published, []);
    const { requests, requestsRefused, requestsPending, dataRefused } = bridge.stats();
    assert.deepEqual([requests, requestsRefused, requestsPending], [1, 1, 0]);
    assert.equal(dataRefused, code === 107 ? 1 : 0);
  });

test("topics of requests are no last values: they would drive out the lasting ones", async (t) => {
  const { bus, bridge } = start(t, {}, { maxTopics: 4 });
  answerAll(bus, "ok");
  for (const topic of ["a", "b", "c"]) bus.send(`devices/7/${topic}`, topic);
  for (let n = 0; n < 10; n++) await bridge.request("device:7", { data: `${n}` });
  for (const channel of ["device:7", "mqtt:devices/#"]) {
    const seen: string[] = [];
    const live: string[] = [];
    let leave = () => {};
    await new Promise<void>((resolve, reject) => {
      leave = bridge.subscribe(channel, {
        subscribed: ({ publications }) => {
          for (let next = publications?.next(); next && !next.done; next = publications?.next())
            seen.push(next.value.plain.toString());
          resolve();
        },
        refused: reject,
        lost: reject,
        deliver: (publication) => live.push(publication.plain.toString()),
      });
    });
    await bridge.request("device:7", { data: "1" });
    await eventually(() => live.length >= 2, "the command and the answer are seen live");
    leave();
    assert.deepEqual(
      seen.filter((text) => /requests|responses/.test(text)),
      [],
    );
  }
  assert.equal(bridge.stats().topicsDropped, 0);
});

test("a schema that takes for ever is named in the log", async (t) => {
  const schema = { type: "string", pattern: "^(a+)+$" };
  const { bridge, log } = start(t, {
    request: { ...request, schema },
    publish: { topic: "devices/{id}/commands", qos: 0, retain: false, schema },
  });
  const data = `"${"a".repeat(60)}b"`;
  await assert.rejects(bridge.publish("device:7", { data }), fault(107, /too long to check/));
  await assert.rejects(bridge.request("device:8", { data }), fault(107, /too long to check/));
  assert.deepEqual(
    log.filter(({ msg }) => msg.startsWith("a schema took too long")).map(({ channel }) => channel),
    ["device:7", "device:8"],
  );
  assert.equal(bridge.stats().dataRefused, 2);
});

test("an abort that comes after the answer changes nothing", async (t) => {
  const { bus, bridge } = start(t);
  answerAll(bus, "ok");
  const session = new AbortController();
  await bridge.request("device:7", { data: "1" }, { signal: session.signal });
  const aborted = once(session.signal, "abort");
  session.abort();
  await aborted;
  const { requestsAnswered, requestsCancelled } = bridge.stats();
  assert.deepEqual([requestsAnswered, requestsCancelled], [1, 0]);
});
