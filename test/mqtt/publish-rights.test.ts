import assert from "node:assert/strict";
import { test } from "node:test";
import { AccessGround } from "./support/access-ground.js";

test("a message that may not be published is acknowledged at every QoS, in its turn, and goes nowhere", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna").add("watcher");
  ground.gate.allow("anna", { publish: ["mine/%c/#"] }).allow("watcher", { subscribe: ["#"] });
  const watcher = await ground.connect("watcher", { clientId: "watcher", clean: false });
  await watcher.subscribe("#", 2);
  const anna = await ground.raw("anna", { clientId: "pump" });
  const ids: number[] = [];
  for (const qos of [0, 1, 2] as const) {
    anna.publish("theirs", `no ${qos}`, qos, true);
    // Stored for the watcher, so that its acknowledgement takes a while.
    ids.push(anna.publish("mine/pump/a", `yes ${qos}`, qos));
    ids.push(anna.publish("mine/pump", `no ${qos} below`, qos));
  }
  await anna.ping();
  await anna.allAcknowledged(6);
  await watcher.messages(6);
  assert.deepEqual(
    watcher.payloads.filter((text) => text.startsWith("no") && !text.endsWith("below")),
    [],
  );
  assert.equal(ground.counters.refusedMessages.rights, 3);
  const line = await ground.logged("message refused: the client may not publish it");
  assert.deepEqual([line.client, line.user, line.topic, line.qos], ["pump", "anna", "theirs", 0]);
  const late = await ground.connect("watcher", { clientId: "late" });
  await late.subscribe("#", 0);
  await late.subscribe("marker", 0);
  assert.deepEqual(late.payloads, []);
});

test("acknowledgements keep their order, also around a message that is refused [MQTT-4.6.0-2]", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna");
  ground.gate.allow("anna", { publish: ["a"], subscribe: ["a"] });
  const kept = await ground.connect("anna", { clientId: "kept", clean: false });
  await kept.subscribe("a", 1);
  const anna = await ground.raw("anna", { clientId: "pump" });
  const ids = [..."abab"].map((topic, index) => anna.publish(topic, `${index}`, 1));
  await anna.allAcknowledged(4);
  assert.deepEqual(anna.acknowledged, ids);
});

test("a QoS 2 message that is refused goes through its whole handshake, and its identifier can be used again", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna").allow("anna", { publish: ["ok"], subscribe: ["#"] });
  const watcher = await ground.connect("anna", { clientId: "watcher" });
  await watcher.subscribe("ok", 2);
  const anna = await ground.raw("anna", { clientId: "pump", clean: false });
  const publish = { cmd: "publish", qos: 2, retain: false, messageId: 7 } as const;
  anna.send({ ...publish, topic: "no", payload: "1", dup: false });
  await anna.allAcknowledged(1);
  assert.deepEqual([anna.count("pubrec"), anna.count("pubcomp")], [1, 1]);
  anna.send({ ...publish, topic: "ok", payload: "2", dup: false });
  await anna.allAcknowledged(2);
  await watcher.messages(1);
  assert.deepEqual(watcher.payloads, ["2"]);
});

test("a right may be bound to a QoS, and to messages that are not retained", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna").allow("anna", { publish: ["a"], subscribe: ["#"], qos: 1, retain: false });
  const anna = await ground.connect("anna", { clientId: "pump" });
  await anna.subscribe("a", 1);
  await anna.publish("a", "2", 2);
  await anna.publish("a", "retained", 1, true);
  await anna.publish("a", "1", 1);
  await anna.messages(1);
  assert.deepEqual(anna.payloads, ["1"]);
  assert.equal(ground.counters.refusedMessages.rights, 2);
});

test("a will that may not be published is refused at CONNECT", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna").allow("anna", { publish: ["gone/%c"] });
  const will = (topic: string) => ({ topic, payload: Buffer.from("x"), qos: 1, retain: false }) as const;
  const refused = await ground.raw("anna", { clientId: "pump", will: will("gone/other") });
  assert.equal(refused.returnCode, 5);
  assert.equal(ground.counters.refused.will, 1);
  await ground.logged("client refused", { client: "pump", user: "anna" });
  assert.equal((await ground.raw("anna", { clientId: "pump", will: will("gone/pump") })).returnCode, 0);
});

test("a will is judged again when it is published", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna").allow("anna", { publish: ["gone"], subscribe: ["#"] });
  const watcher = await ground.connect("anna", { clientId: "watcher" });
  await watcher.subscribe("#");
  const will = { topic: "gone", payload: Buffer.from("x"), qos: 1, retain: true } as const;
  const first = await ground.raw("anna", { clientId: "first", will });
  await first.cut();
  await watcher.messages(1);
  const second = await ground.raw("anna", { clientId: "second", will });
  ground.gate.allow("anna", { publish: ["marker"], subscribe: ["#"] }).changed();
  await second.cut();
  const line = await ground.logged("a will was not published: its owner may not any more");
  assert.deepEqual([line.client, line.user, line.topic], ["second", "anna", "gone"]);
  assert.equal(ground.counters.willsDenied, 1);
  await watcher.publish("marker", "1");
  await watcher.messages(2);
  assert.deepEqual(
    watcher.received.map(({ topic }) => topic),
    ["gone", "marker"],
  );
});

test("reserved topics cannot be written, whatever rights say: by PUBLISH, nor by a will", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna").allow("anna", { publish: ["#", "$SYS/#", "$share/#"], subscribe: ["#", "$SYS/#"] });
  for (const topic of ["$SYS/fake", "$share/g/a", "$x"]) {
    const anna = await ground.raw("anna", { clientId: "pump" });
    anna.publish(topic, "x", 1);
    await anna.closed;
    assert.deepEqual(anna.acknowledged, []);
    const will = { topic, payload: Buffer.from("x"), qos: 1, retain: false } as const;
    await assert.rejects(ground.raw("anna", { clientId: "pump", will }), /closed before CONNACK/);
  }
});
