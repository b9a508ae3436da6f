import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import pino from "pino";
import { Bridge } from "../../src/bridge/bridge.js";
import { schema } from "../../src/config/schema.js";
import type { Publication } from "../../src/gateway/publication.js";
import { Broker } from "../../src/mqtt/broker.js";
import { LevelStore } from "../../src/storage/level/level-store.js";
import { eventually } from "./support/eventually.js";

/** The broker with its store, and a bridge on it. */
async function setUp(t: TestContext) {
  const log = pino({ level: "silent" });
  const directory = await mkdtemp(join(tmpdir(), "causeway-test-"));
  const store = new LevelStore({ directory });
  await store.open();
  const { mqtt, sessions } = schema.parse({});
  const broker = new Broker({
    store,
    storeTimeout: 10_000,
    limits: { ...mqtt, maxStoredSize: sessions.maxQueuedSize, whenFull: sessions.whenFull },
    expiry: { sessions: 0, messages: 0 },
    log,
  });
  await broker.start();
  const options = { channels: [], mqttChannels: true, maxTopics: 100, maxHistorySize: 1_000_000, linger: 0 };
  const bridge = new Bridge({ bus: broker.bus, log, options });
  t.after(async () => {
    bridge.close();
    await broker.stop();
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });
  const retain = (topic: string, payload: string): Promise<void> =>
    broker.bus.publish({ topic, payload: Buffer.from(payload), qos: 1, retain: true });
  return { broker, bridge, store, retain };
}

/** What a subscriber is told, in order. */
function listen(bridge: Bridge, channel: string): number[] {
  const told: number[] = [];
  const take = ({ content }: Publication): void => void told.push(Number(content.data));
  bridge.subscribe(channel, {
    subscribed: ({ publications }) => {
      if (publications)
        for (let next = publications.next(); !next.done; next = publications.next()) take(next.value);
    },
    refused: (fault) => assert.fail(fault),
    deliver: take,
    lost: () => assert.fail("nothing can be lost"),
  });
  return told;
}

test("what is retained while a channel is opened is never followed by what was retained before it", async (t) => {
  const { bridge, retain } = await setUp(t);
  for (let round = 0; round < 20; round++) {
    const topic = `t/${round}`;
    await retain(topic, "0");
    const told = listen(bridge, `mqtt:${topic}`);
    const wild = listen(bridge, `mqtt:t/+/${round}/#`);
    await Promise.all([1, 2, 3].map((n) => retain(topic, String(n))));
    await eventually(() => told.at(-1) === 3, "the last has come");
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a - b),
      `round ${round}`,
    );
    assert.equal(new Set(told).size, told.length, `round ${round}: ${told}`);
    assert.deepEqual(wild, []);
  }
});

test("the same through a wildcard, among many", async (t) => {
  const { bridge, retain } = await setUp(t);
  for (let n = 0; n < 50; n++) await retain(`many/${n}`, "0");
  const told = listen(bridge, "mqtt:many/#");
  await Promise.all([1, 2, 3].map((n) => retain("many/49", String(n))));
  await eventually(() => told.includes(3), "the last has come");
  const changed = told.filter((n) => n > 0);
  assert.deepEqual(changed, [1, 2, 3].slice(-changed.length));
});
