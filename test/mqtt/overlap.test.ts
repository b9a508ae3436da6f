import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { QoS } from "mqtt-packet";
import { RawMqtt } from "../helpers/raw.js";
import { type RunningServer, startServer } from "../helpers/server.js";

const LEVELS = [0, 1, 2] as const;
const KINDS = [
  { kind: "a clean session", clean: true },
  { kind: "a kept session", clean: false },
];
/** Every subscriber has this one too, so that a test knows when everything before it has come. */
const END = "end/of/the/test";

interface Delivery {
  readonly topic: string;
  readonly text: string;
  readonly qos: QoS;
}

/** Connects a subscriber that acknowledges everything. */
async function subscribe(
  t: TestContext,
  server: RunningServer,
  filters: Readonly<Record<string, QoS>>,
  clean = true,
): Promise<RawMqtt> {
  const client = await RawMqtt.connect(t, server, { clean, answers: true });
  await client.subscribe({ [END]: 2 });
  // One SUBSCRIBE each, so that the order is that of the table.
  for (const [filter, qos] of Object.entries(filters)) await client.subscribe({ [filter]: qos });
  return client;
}

/** What came before the end of the test, at any QoS. */
async function deliveries(publisher: RawMqtt, subscriber: RawMqtt): Promise<Delivery[]> {
  await flush(publisher);
  const atEnd = ({ topic }: { topic: string }) => topic === END;
  const before = subscriber.received.filter(atEnd).length;
  for (const qos of LEVELS) publisher.publish(END, "", qos);
  await subscriber.until(
    () => subscriber.received.filter(atEnd).length >= before + LEVELS.length,
    "the end of the test",
  );
  await subscriber.ping();
  return subscriber.received
    .filter((publish) => !atEnd(publish))
    .map(({ topic, text, qos }) => ({ topic, text, qos }));
}

/** Everything that it published is with its subscribers. */
async function flush(publisher: RawMqtt): Promise<void> {
  const { length } = publisher.acknowledged;
  publisher.publish("flush", "", 2);
  await publisher.until(
    () => publisher.acknowledged.length > length && publisher.count("pubrec") === publisher.count("pubcomp"),
    "its acknowledgements",
  );
  await publisher.ping();
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((others) => [item, ...others]),
  );
}

function byQoS(a: Delivery, b: Delivery): number {
  return a.qos - b.qos;
}

const OVERLAPPING = [
  ["home/kitchen/temperature", 0],
  ["home/+/temperature", 1],
  ["home/#", 2],
  ["#", 0],
] as const;

/** One test for both kinds of session, on one server. */
function eachKind(
  name: string,
  body: (t: TestContext, server: RunningServer, clean: boolean) => Promise<void>,
): void {
  test(name, async (t) => {
    const server = await startServer(t);
    for (const { kind, clean } of KINDS) await t.test(kind, (t) => body(t, server, clean));
  });
}

eachKind(
  "in whatever order filters overlap, one delivery at the highest QoS [MQTT-3.3.5-1]",
  async (t, server, clean) => {
    const publisher = await RawMqtt.connect(t, server);
    const orders = permutations(OVERLAPPING);
    const subscribers = await Promise.all(
      orders.map((filters) => subscribe(t, server, Object.fromEntries(filters), clean)),
    );
    for (const qos of LEVELS) publisher.publish("home/kitchen/temperature", `${qos}`, qos);
    for (const [index, subscriber] of subscribers.entries()) {
      const received = await deliveries(publisher, subscriber);
      const home = received.filter(({ topic }) => topic.startsWith("home/")).toSorted(byQoS);
      assert.deepEqual(
        home,
        LEVELS.map((qos) => ({ topic: "home/kitchen/temperature", text: `${qos}`, qos })),
        `subscribed in the order ${orders[index]?.map(([filter]) => filter).join(", ")}`,
      );
    }
  },
);

eachKind(
  "of overlapping filters, those that do not match have no say in the QoS",
  async (t, server, clean) => {
    const publisher = await RawMqtt.connect(t, server);
    const subscriber = await subscribe(t, server, { "a/+": 0, "a/b/#": 1, "a/+/c": 2, "+/x": 2 }, clean);
    for (const topic of ["a/x", "a/b", "a/d", "a/b/c", "a/b/d"]) publisher.publish(topic, "", 2);
    const received = await deliveries(publisher, subscriber);
    assert.deepEqual(Object.fromEntries(received.map(({ topic, qos }) => [topic, qos])), {
      "a/x": 2,
      "a/b": 1,
      "a/d": 0,
      "a/b/c": 2,
      "a/b/d": 1,
    });
    assert.equal(received.length, 5);
  },
);

eachKind(
  "a message is delivered at the lower of its QoS and a wildcard subscription's [MQTT-3.8.4-6]",
  async (t, server, clean) => {
    const publisher = await RawMqtt.connect(t, server);
    for (const filter of ["lower/#", "lower/+", "+/this"])
      for (const granted of LEVELS) {
        const subscriber = await subscribe(t, server, { [filter]: granted }, clean);
        for (const qos of LEVELS) publisher.publish("lower/this", `${qos}`, qos);
        const received = await deliveries(publisher, subscriber);
        assert.deepEqual(
          received.map(({ text, qos }) => [Number(text), qos]).toSorted(),
          LEVELS.map((qos) => [qos, Math.min(qos, granted)]),
          `${filter} at QoS ${granted}`,
        );
        await subscriber.end();
      }
  },
);

eachKind(
  "subscribing again changes the QoS, adds no second delivery, and repeats the retained message [MQTT-3.8.4-3]",
  async (t, server, clean) => {
    const publisher = await RawMqtt.connect(t, server);
    publisher.publish("again/retained", "kept", 2, true);
    await flush(publisher);
    const subscriber = await subscribe(t, server, {}, clean);
    const expected: Delivery[] = [];
    for (const granted of [0, 2, 1, 0] as const) {
      assert.deepEqual(await subscriber.subscribe({ "again/+": granted }), [granted]);
      // Retained messages come at the QoS of the subscription as it is when they are sent.
      const times = expected.length / 2 + 1;
      await subscriber.until(
        () => subscriber.received.filter(({ retain }) => retain).length === times,
        "the retained message came",
      );
      publisher.publish("again/live", `at ${granted}`, 2);
      await deliveries(publisher, subscriber);
      expected.push({ topic: "again/retained", text: "kept", qos: granted });
      expected.push({ topic: "again/live", text: `at ${granted}`, qos: granted });
    }
    await subscriber.until(() => subscriber.received.length >= expected.length + 4 * 3, "everything");
    const received = await deliveries(publisher, subscriber);
    assert.deepEqual(
      received.filter(({ text }) => text !== "kept"),
      expected.filter(({ text }) => text !== "kept"),
    );
    assert.deepEqual(
      received.filter(({ text }) => text === "kept"),
      expected.filter(({ text }) => text === "kept"),
    );
    const retained = subscriber.received.filter(({ retain }) => retain);
    assert.ok(retained.length === 4 && retained.every(({ text }) => text === "kept")); // [MQTT-3.3.1-8] [MQTT-3.3.1-9]
  },
);

eachKind(
  "unsubscribing one of overlapping filters leaves the others, at their QoS [MQTT-3.10.4-1]",
  async (t, server, clean) => {
    const publisher = await RawMqtt.connect(t, server);
    const subscriber = await subscribe(t, server, { "u/#": 2, "u/+/c": 1, "u/b/c": 0 }, clean);
    const qosOf = async (text: string) => {
      publisher.publish("u/b/c", text, 2);
      const received = await deliveries(publisher, subscriber);
      return received.filter((delivery) => delivery.text === text).map(({ qos }) => qos);
    };
    assert.deepEqual(await qosOf("all three"), [2]);
    await subscriber.unsubscribe("u/#");
    assert.deepEqual(await qosOf("two"), [1]);
    await subscriber.unsubscribe("u/b/#", "u/+/+"); // matches the same, and is not what was subscribed to
    assert.deepEqual(await qosOf("still two"), [1]);
    await subscriber.unsubscribe("u/+/c");
    assert.deepEqual(await qosOf("one"), [0]);
    await subscriber.unsubscribe("u/b/c");
    assert.deepEqual(await qosOf("none"), []);
    await subscriber.subscribe({ "u/#": 1 });
    assert.deepEqual(await qosOf("again"), [1]);
  },
);

test("what waits for a kept session that is away waits once, at the highest QoS of its overlapping filters", async (t) => {
  const server = await startServer(t);
  const publisher = await RawMqtt.connect(t, server);
  const away = await subscribe(t, server, { "away/+": 1, "away/#": 2, "+/x": 0, "away/y": 0 }, false);
  await away.end();
  for (const topic of ["away/x", "away/y", "other/x", "away"])
    for (const qos of LEVELS) publisher.publish(topic, `${qos}`, qos);
  await flush(publisher);
  const { clientId } = away;
  const back = await RawMqtt.connect(t, server, { clean: false, clientId, answers: true });
  assert.equal(back.sessionPresent, true);
  const received = await deliveries(publisher, back);
  const topics = ["away/x", "away/y", "away"];
  assert.deepEqual(
    received.map(({ topic, text, qos }) => `${topic} ${text} ${qos}`).toSorted(),
    topics.flatMap((topic) => [`${topic} 1 1`, `${topic} 2 2`]).toSorted(), // QoS 0 is not kept
  );
});

/** One client per row: what it subscribes to and which of the topics it gets. */
const MATCHES: readonly { readonly filters: readonly string[]; readonly gets: readonly string[] }[] = [
  // The whole tree.
  {
    filters: ["#"],
    gets: ["/", "//", "/a", "a", "a/", "a//b", "a/b", "a/b/c", "A", "a b", "ä/€", "a/$b"],
  },
  {
    filters: ["#", "+/#", "+"],
    gets: ["/", "//", "/a", "a", "a/", "a//b", "a/b", "a/b/c", "A", "a b", "ä/€", "a/$b"],
  },
  // # and its parent level [MQTT-4.7.1-2]
  { filters: ["a/#"], gets: ["a", "a/", "a//b", "a/b", "a/b/c", "a/$b"] },
  { filters: ["a/b/#"], gets: ["a/b", "a/b/c"] },
  { filters: ["a/+/#"], gets: ["a/", "a//b", "a/b", "a/b/c", "a/$b"] },
  { filters: ["a/#", "a"], gets: ["a", "a/", "a//b", "a/b", "a/b/c", "a/$b"] },
  { filters: ["/#"], gets: ["/", "//", "/a"] },
  { filters: ["a//#"], gets: ["a/", "a//b"] },
  // + is one level, which may be empty [MQTT-4.7.1-3]
  { filters: ["+"], gets: ["a", "A", "a b"] },
  { filters: ["+/+"], gets: ["/", "/a", "a/", "a/b", "ä/€", "a/$b"] },
  { filters: ["/+"], gets: ["/", "/a"] },
  { filters: ["+/"], gets: ["/", "a/"] },
  { filters: ["+/+/+"], gets: ["//", "a//b", "a/b/c"] },
  { filters: ["a/+"], gets: ["a/", "a/b", "a/$b"] },
  { filters: ["a/+/b"], gets: ["a//b"] },
  { filters: ["+/b/+"], gets: ["a/b/c"] },
  // Levels are exact: empty ones, case, spaces, other alphabets [MQTT-4.7.3-1] [MQTT-4.7.3-4]
  { filters: ["/"], gets: ["/"] },
  { filters: ["//"], gets: ["//"] },
  { filters: ["/a"], gets: ["/a"] },
  { filters: ["a/"], gets: ["a/"] },
  { filters: ["a"], gets: ["a"] },
  { filters: ["A"], gets: ["A"] },
  { filters: ["a b"], gets: ["a b"] },
  { filters: ["ä/+"], gets: ["ä/€"] },
  // $ is special only at the beginning [MQTT-4.7.2-1]
  { filters: ["a/$b"], gets: ["a/$b"] },
  { filters: ["$b", "$b/#", "$SYS/+"], gets: [] },
];

test("wildcards, empty levels, # and its parent: each message once, to those whose filters match", async (t) => {
  const server = await startServer(t);
  const publisher = await RawMqtt.connect(t, server);
  const topics = MATCHES[0]?.gets ?? [];
  const subscribers = await Promise.all(
    MATCHES.map(({ filters }) =>
      subscribe(t, server, Object.fromEntries(filters.map((filter) => [filter, 1]))),
    ),
  );
  for (const topic of topics) publisher.publish(topic, "matched", 1);
  for (const [index, { filters, gets }] of MATCHES.entries()) {
    const subscriber = subscribers[index] ?? publisher;
    const received = await deliveries(publisher, subscriber);
    assert.deepEqual(
      received.filter(({ text }) => text === "matched").map(({ topic }) => topic),
      gets.toSorted((a, b) => topics.indexOf(a) - topics.indexOf(b)),
      `subscribed to ${filters.join(" and ")}`,
    );
  }
});

test("retained messages of every topic come once on subscribe, by the same rules", async (t) => {
  const server = await startServer(t);
  const publisher = await RawMqtt.connect(t, server);
  const topics = MATCHES[0]?.gets ?? [];
  for (const topic of topics) publisher.publish(topic, "matched", 1, true);
  await flush(publisher);
  for (const { filters, gets } of MATCHES.filter(({ filters }) => filters.length === 1)) {
    const subscriber = await subscribe(t, server, { [filters[0] ?? ""]: 1 });
    const wanted = () => subscriber.received.filter(({ text }) => text === "matched");
    await subscriber.until(() => wanted().length >= gets.length, `what ${filters} matches`);
    await deliveries(publisher, subscriber);
    assert.deepEqual(
      wanted()
        .map(({ topic, retain }) => [topic, retain])
        .toSorted(),
      gets.map((topic) => [topic, true]).toSorted(),
      `subscribed to ${filters}`,
    );
    await subscriber.end();
  }
});

test("wildcards at the start do not show what the broker itself publishes below $ [MQTT-4.7.2-1]", async (t) => {
  const server = await startServer(t);
  const publisher = await RawMqtt.connect(t, server);
  const curious = await subscribe(t, server, { "#": 0, "+/#": 1, "+/+": 1, "+/+/+": 2, "+/+/+/+": 2 });
  // Clients that come, subscribe and go are news to a broker.
  for (let i = 0; i < 5; i++) {
    const visitor = await subscribe(t, server, { "visit/#": 1 });
    await visitor.end();
  }
  publisher.publish("plain", "seen", 1);
  const received = await deliveries(publisher, curious);
  assert.deepEqual(
    received.map(({ topic }) => topic).filter((topic) => topic !== "flush"),
    ["plain"],
  );
});
