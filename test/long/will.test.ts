import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, type TestClient } from "../helpers/mqtt.js";
import { RawMqtt } from "../helpers/raw.js";
import { startServer } from "../helpers/server.js";
import { Random } from "../model/random.js";

/** Orphaned wills are looked for once a minute. */
const PATIENCE_MS = 100_000;

test("after a crash of the broker, the wills of clients that do not come back are published, once", async (t) => {
  const first = await startServer(t);
  const will = (topic: string) =>
    ({ will: { topic, payload: Buffer.from("gone"), qos: 1, retain: true } }) as const;
  await connect(t, first.mqttUrl, { clientId: "lost", ...will("status/lost") });
  await connect(t, first.mqttUrl, { clientId: "returns", ...will("status/returns") });
  await first.kill();

  const second = await startServer(t, { data: first.data });
  await connect(t, second.mqttUrl, { clientId: "returns", ...will("status/returns") });
  const watcher = await connect(t, second.mqttUrl, { clientId: "watcher" });
  await watcher.subscribe("status/#", 1);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no will came")), PATIENCE_MS);
    watcher.client.once("message", () => {
      clearTimeout(timer);
      resolve();
    });
  });
  assert.deepEqual(
    watcher.received.map(({ topic, payload }) => [topic, payload]),
    [["status/lost", "gone"]],
  );
  await second.stop();
  const third = await startServer(t, { data: first.data });
  const later = await connect(t, third.mqttUrl);
  await later.subscribe("status/#", 1);
  const [retained] = await later.messages(1);
  assert.deepEqual([retained?.topic, retained?.retain], ["status/lost", true]);
});

const SEED = Number(process.env.SEED ?? 20_261_123);
const CROWD = 40;
const CRASHES = 4;

test(`a will is delivered once, whenever around the death of its client the broker is killed (SEED=${SEED})`, async (t) => {
  const random = new Random(SEED);
  let server = await startServer(t);
  // Nothing is sent to it until the end, so that whatever comes twice was published twice.
  const away = { clean: false, clientId: "away" } as const;
  const subscriber = await connect(t, server.mqttUrl, away);
  await subscriber.subscribe("wills/#", 2);
  await subscriber.end();
  const topics: string[] = [];
  const options = (topic: string, qos: 1 | 2) => {
    topics.push(topic);
    return {
      clientId: topic,
      will: { topic: `wills/${topic}`, payload: Buffer.from("gone"), qos, retain: false },
    };
  };
  const restart = async () => {
    await server.kill();
    server = await startServer(t, { data: server.data });
  };

  for (let crash = 0; crash < CRASHES; crash++) {
    const observer = await connect(t, server.mqttUrl);
    await observer.subscribe("wills/#");
    const crowd = await Promise.all(
      Array.from({ length: CROWD }, (_, i) =>
        RawMqtt.connect(t, server, options(`${crash}-${i}`, i % 2 === 0 ? 1 : 2)),
      ),
    );
    const deaths = random.between(1, CROWD);
    const cuts = crowd.slice(0, deaths).map((client) => client.cut());
    await observer.messages(random.between(0, deaths));
    await restart();
    await Promise.all(cuts);
  }
  // Once more while wills are published that were left behind; the longest identifier is looked at last.
  await RawMqtt.connect(t, server, options("the-last-of-those-who-have-gone", 2));
  await restart();
  const observer = await connect(t, server.mqttUrl);
  await observer.subscribe("wills/#");
  await came(observer, (topics) => topics.length > 0);
  await restart();
  const back = await connect(t, server.mqttUrl, away);
  await came(back, (received) => topics.every((topic) => received.includes(`wills/${topic}`)));
  const times = (topic: string) => back.received.filter((each) => each.topic === `wills/${topic}`).length;
  const wrong = topics
    .filter((topic) => times(topic) !== 1)
    .map((topic) => `${topic}: ${times(topic)} times`);
  assert.deepEqual(wrong, []);
});

/** Resolves when the topics that a client has got are enough, or when it has waited long enough for wills left behind. */
function came({ client, received }: TestClient, enough: (topics: string[]) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      client.off("message", look);
      resolve();
    };
    const timer = setTimeout(done, PATIENCE_MS);
    const look = () => {
      if (enough(received.map(({ topic }) => topic))) done();
    };
    client.on("message", look);
    look();
  });
}
