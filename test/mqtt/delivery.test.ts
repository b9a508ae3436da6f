import assert from "node:assert/strict";
import { test } from "node:test";
import { run, started } from "../helpers/command.js";
import { connect } from "../helpers/mqtt.js";
import { type RunningServer, startServer } from "../helpers/server.js";

const LEVELS = [0, 1, 2] as const;

const transports: Record<string, (server: RunningServer) => string> = {
  TCP: ({ mqttUrl }) => mqttUrl,
  WebSocket: ({ wsUrl }) => `${wsUrl}/mqtt`,
};

for (const [name, urlOf] of Object.entries(transports)) {
  test(`over ${name}, every QoS arrives at the lower of publication and subscription`, async (t) => {
    const server = await startServer(t);
    const publisher = await connect(t, urlOf(server));
    for (const granted of LEVELS) {
      const subscriber = await connect(t, urlOf(server));
      await subscriber.subscribe(`q/${granted}`, granted);
      for (const qos of LEVELS) await publisher.publish(`q/${granted}`, `at ${qos}`, qos);
      const received = await subscriber.messages(3);
      assert.deepEqual(
        received.map(({ payload, qos }) => [payload, qos]),
        LEVELS.map((qos) => [`at ${qos}`, Math.min(qos, granted)]),
      );
    }
  });
}

test("mosquitto's own clients exchange messages at every QoS, both ways", async (t) => {
  const server = await startServer(t);
  const port = String(server.mqtt.port);
  const ours = await connect(t, server.mqttUrl);
  await ours.subscribe("from/mosquitto", 2);
  // stdbuf, because mosquitto_sub holds its lines back when it writes to a pipe.
  const watch = [
    "-oL",
    "mosquitto_sub",
    "-p",
    port,
    "-t",
    "to/mosquitto",
    "-q",
    "2",
    "-C",
    "3",
    "-F",
    "%q %p",
    "-d",
  ];
  const subscriber = started("stdbuf", watch);
  t.after(() => subscriber.child.kill());
  await subscriber.printed("SUBACK");
  for (const qos of LEVELS) {
    const { code, stderr } = await run("mosquitto_pub", [
      "-p",
      port,
      "-t",
      "from/mosquitto",
      "-m",
      `${qos}`,
      "-q",
      `${qos}`,
    ]);
    assert.equal(code, 0, stderr);
    await ours.publish("to/mosquitto", `m${qos}`, qos);
  }
  assert.deepEqual(
    (await ours.messages(3)).map(({ payload, qos }) => [payload, qos]),
    [
      ["0", 0],
      ["1", 1],
      ["2", 2],
    ],
  );
  const { code, stdout } = await subscriber.finished;
  assert.equal(code, 0);
  for (const qos of LEVELS) assert.match(stdout, new RegExp(`^${qos} m${qos}$`, "m"));
});

test("overlapping filters give one delivery, at the highest QoS among them", async (t) => {
  const server = await startServer(t);
  const client = await connect(t, server.mqttUrl);
  await client.subscribe("home/+/temperature", 0);
  await client.subscribe("home/#", 2);
  await client.subscribe("home/kitchen/temperature", 1);
  await client.publish("home/kitchen/temperature", "once", 2);
  await client.publish("home/done", "last", 2);
  const received = await client.messages(2);
  assert.deepEqual(
    received.map(({ payload, qos }) => [payload, qos]),
    [
      ["once", 2],
      ["last", 2],
    ],
  );
});

test("QoS 1 messages are not lost when QoS 0 overtakes them on the same topic", async (t) => {
  const server = await startServer(t);
  const subscriber = await connect(t, server.mqttUrl, { clean: false, clientId: "mixed" });
  await subscriber.subscribe("mixed", 1);
  const publisher = await connect(t, server.mqttUrl);
  const count = 2_000;
  const sent: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    sent.push(publisher.publish("mixed", `one ${i}`, 1), publisher.publish("mixed", `zero ${i}`, 0));
  }
  await Promise.all(sent);
  const received = await subscriber.messages(2 * count);
  const reliable = received.filter(({ qos }) => qos === 1).map(({ payload }) => payload);
  assert.deepEqual(
    reliable,
    Array.from({ length: count }, (_, i) => `one ${i}`),
  );
});

test("a publisher that floods a client which does not read disturbs nobody else", async (t) => {
  const server = await startServer(t, { config: { mqtt: { maxOutboxSize: "64KiB" } } });
  const frozen = await connect(t, server.mqttUrl);
  const healthy = await connect(t, server.mqttUrl);
  await frozen.subscribe("flood", 0);
  await healthy.subscribe("flood", 0);
  frozen.client.stream.pause();
  const publisher = await connect(t, server.mqttUrl);
  const payload = "x".repeat(10_000);
  const count = 3_000;
  // In steps that the healthy one confirms, so that only the frozen one can fall behind.
  for (let sent = 0; sent < count; sent += 100) {
    for (let i = 0; i < 100; i++) publisher.publish("flood", payload, 0);
    await healthy.messages(sent + 100);
  }
  assert.equal(healthy.received.length, count);
  const metrics = await (await fetch(`${server.httpUrl}/metrics`)).text();
  const dropped = Number(/messages_dropped_total\{reason="slowClient"\} (\d+)/.exec(metrics)?.[1]);
  assert.ok(dropped > 0, "what the frozen client could not take is counted");
  await server.logged(({ msg, reason }) => msg === "message dropped" && reason === "slowClient");
});

test("a window that is not acknowledged holds back QoS 1, and nothing is lost when it opens", async (t) => {
  const server = await startServer(t, { config: { mqtt: { maxInflight: 10 } } });
  let release: (() => void)[] = [];
  const subscriber = await connect(t, server.mqttUrl);
  subscriber.client.handleMessage = (_packet, done) => void release.push(() => done());
  await subscriber.subscribe("window", 1);
  const publisher = await connect(t, server.mqttUrl);
  for (let i = 0; i < 50; i++) await publisher.publish("window", `${i}`, 1);
  const unacknowledged = await subscriber.messages(1).then(() => subscriber.received.length);
  assert.ok(unacknowledged <= 10, `${unacknowledged} were sent although 10 are allowed`);
  while (subscriber.received.length < 50 || release.length > 0) {
    const batch = release;
    release = [];
    for (const acknowledge of batch) acknowledge();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(
    subscriber.payloads,
    Array.from({ length: 50 }, (_, i) => `${i}`),
  );
});
