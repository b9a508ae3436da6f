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

test("a crash leaves behind the will of the connection that took over; who comes back in time takes its will back", async (t) => {
  let server = await startServer(t);
  const away = { clean: false, clientId: "away" } as const;
  const subscriber = await connect(t, server.mqttUrl, away);
  await subscriber.subscribe("wills/#", 2);
  await subscriber.end();
  const join = (clientId: string, name?: string) =>
    RawMqtt.connect(t, server, {
      clientId,
      ...(name && { will: { topic: `wills/${name}`, payload: Buffer.from("gone"), qos: 1, retain: false } }),
    });
  const restart = async () => {
    await server.kill();
    server = await startServer(t, { data: server.data });
    const watcher = await connect(t, server.mqttUrl);
    await watcher.subscribe("wills/#", 1);
    return watcher;
  };
  /** The longest identifier is looked at last: when this will has come, so have all that were left behind. */
  const last = (name: string) => join("the-last-of-those-who-have-gone", name);
  const topics = ({ received }: TestClient) =>
    received.map(({ topic }) => topic.slice("wills/".length)).sort();

  for (const id of ["taken", "parted"]) {
    const old = await join(id, `${id} old`);
    const taker = await join(id, `${id} new`);
    await old.closed;
    if (id === "parted") await taker.end();
  }
  for (const id of ["returns", "returns bare", "returns parts"]) await join(id, `${id} old`);
  await last("first fence");

  const second = await restart();
  await join("returns", "returns new");
  await join("returns bare");
  await (await join("returns parts", "returns parts new")).end();
  await came(second, (received) => received.includes("wills/first fence"));
  assert.deepEqual(topics(second), ["first fence", "taken new"]);
  await last("second fence");

  const third = await restart();
  await came(third, (received) => received.includes("wills/second fence"));
  assert.deepEqual(topics(third), ["returns new", "second fence"]);

  const back = await connect(t, server.mqttUrl, away);
  await back.messages(6);
  await third.publish("wills/end", "", 2);
  await back.messages(7);
  assert.deepEqual(topics(back), [
    "end",
    "first fence",
    "parted old",
    "returns new",
    "second fence",
    "taken new",
    "taken old",
  ]);
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
