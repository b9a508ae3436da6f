import assert from "node:assert/strict";
import { test } from "node:test";
import { AccessGround } from "./support/access-ground.js";

const REFUSED = 128;

/** Anna may read what is below `open`; the machine may publish everywhere. */
async function setUp(t: Parameters<typeof AccessGround.start>[0]): Promise<AccessGround> {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna").add("machine");
  ground.gate.allow("anna", { subscribe: ["open/#"] }).allow("machine", { publish: ["#"] });
  return ground;
}

const SECRETS = ["secret", "secret/a", "openly/a"];

test("a filter of which nothing may be received is refused in SUBACK", async (t) => {
  const ground = await setUp(t);
  const anna = await ground.raw("anna", { clientId: "pump" });
  const granted = await anna.subscribe({ "secret/#": 1, "open/a": 1, "secret/+": 0, "+/a": 2 });
  assert.deepEqual(granted, [REFUSED, 1, REFUSED, 2]);
  assert.equal(ground.counters.subscriptionsDenied, 2);
  const line = await ground.logged("subscription refused: the client may not receive what it matches");
  assert.deepEqual([line.client, line.user, line.filter], ["pump", "anna", "secret/#"]);
  const machine = await ground.connect("machine");
  await machine.publish("secret/a", "no", 1);
  await machine.publish("open/a", "yes", 1);
  await anna.until(() => anna.received.length > 0, "a message");
  assert.deepEqual(
    anna.received.map(({ text }) => text),
    ["yes"],
  );
});

for (const filter of ["#", "+/a", "+/#", "/#", "+"])
  test(`${filter} shows nothing of what may not be received: live at every QoS, and retained`, async (t) => {
    const ground = await setUp(t);
    const machine = await ground.connect("machine");
    for (const topic of [...SECRETS, "open/a", "open"])
      await machine.publish(topic, `retained ${topic}`, 1, true);
    for (const clean of [true, false]) {
      const anna = await ground.connect("anna", { clientId: `pump-${clean}`, clean });
      await anna.subscribe(filter, 2).catch(() => undefined);
      await anna.subscribe("open/marker", 1);
      for (const qos of [0, 1, 2] as const)
        for (const topic of [...SECRETS, "open/a", "open"]) await machine.publish(topic, `${qos}`, qos);
      await machine.publish("open/marker", "end", 1);
      while (!anna.payloads.includes("end")) await anna.messages(anna.received.length + 1);
      const topics = new Set(anna.received.map(({ topic }) => topic));
      for (const topic of SECRETS) assert.ok(!topics.has(topic), `${topic} came by ${filter}`);
      const isMatched = filter !== "/#";
      if (isMatched) assert.ok(topics.has(filter === "+" ? "open" : "open/a"));
    }
  });

test("overlapping filters show no more than one does", async (t) => {
  const ground = await setUp(t);
  const anna = await ground.connect("anna");
  const machine = await ground.connect("machine");
  for (const filter of ["open/#", "#", "open/a", "+/a"]) await anna.subscribe(filter, 2);
  for (const topic of [...SECRETS, "open/a"]) await machine.publish(topic, topic, 2);
  await machine.publish("open/marker", "end", 2);
  await anna.messages(2);
  assert.deepEqual(anna.payloads, ["open/a", "end"]);
});

test("$share/GROUP/FILTER is judged by its filter, and gives nothing away", async (t) => {
  const ground = await setUp(t);
  const anna = await ground.raw("anna");
  const shared = ["$share/g/secret/#", "$share/g/#", "$share/g", "$share//secret"];
  const granted = await anna.subscribe(Object.fromEntries(shared.map((filter) => [filter, 1])));
  assert.equal(granted[0], REFUSED);
  assert.equal(granted[3], REFUSED);
  const machine = await ground.connect("machine");
  for (const topic of SECRETS) await machine.publish(topic, topic, 1);
  assert.deepEqual(await anna.subscribe({ "$share/g/open/#": 1, "open/marker": 1 }), [1, 1]);
  await machine.publish("open/marker", "end", 1);
  await anna.until(() => anna.received.length > 0, "the marker");
  assert.deepEqual(
    anna.received.map(({ text }) => text),
    ["end"],
  );
});

test("the QoS is lowered to what the right says, in SUBACK and in what comes", async (t) => {
  const ground = await setUp(t);
  ground.gate.allow("anna", { subscribe: ["open/#"], qos: 1 });
  const machine = await ground.connect("machine");
  await machine.publish("open/retained", "r", 2, true);
  for (const clean of [true, false]) {
    const anna = await ground.raw("anna", { clientId: "pump", clean, answers: true });
    assert.deepEqual(await anna.subscribe({ "open/#": 2, "+/b": 2, "open/c": 0, no: 2 }), [1, 1, 0, REFUSED]);
    await machine.publish("open/a", "2", 2);
    await machine.publish("open/a", "0", 0);
    await anna.until(() => anna.received.length >= 3, "three messages");
    assert.deepEqual(anna.received.map(({ text, qos }) => `${text} ${qos}`).sort(), ["0 0", "2 1", "r 1"]);
    await anna.end();
  }
});

test("nothing is kept for a client that is away that it may not receive", async (t) => {
  const ground = await setUp(t);
  const anna = await ground.connect("anna", { clientId: "pump", clean: false });
  await anna.subscribe("#", 1);
  await anna.end();
  await ground.offline("pump");
  const machine = await ground.connect("machine");
  for (const topic of SECRETS) await machine.publish(topic, topic, 1);
  assert.equal(ground.broker.stats().queued, 0);
  await machine.publish("open/a", "kept", 1);
  assert.equal(ground.broker.stats().queued, 1);
  const withheld = ground.counters.withheld;
  assert.equal(withheld, SECRETS.length);
  const back = await ground.connect("anna", { clientId: "pump", clean: false });
  await back.messages(1);
  assert.deepEqual(back.payloads, ["kept"]);
});

test("nor after a restart, when only the session's owner is known", async (t) => {
  const ground = await setUp(t);
  const anna = await ground.connect("anna", { clientId: "pump", clean: false });
  await anna.subscribe("#", 1);
  await anna.end();
  await ground.offline("pump");
  await ground.restart();
  const machine = await ground.connect("machine");
  for (const topic of [...SECRETS, "open/a"]) await machine.publish(topic, topic, 1);
  assert.equal(ground.broker.stats().queued, 1);
  const back = await ground.connect("anna", { clientId: "pump", clean: false });
  await back.messages(1);
  assert.deepEqual(back.payloads, ["open/a"]);
});

test("what a token alone allows is kept for its client over a restart, and judged when it is sent", async (t) => {
  const ground = await AccessGround.start(t);
  const stated = { publish: [], subscribe: ["open/#", "more/#"], channels: new Map() };
  ground.gate.add("anna", { proof: "token", stated }).add("machine");
  ground.gate.allow("machine", { publish: ["#"] });
  const anna = await ground.connect("anna", { clientId: "pump", clean: false });
  await anna.subscribe("#", 1);
  await anna.end();
  await ground.offline("pump");
  const machine = await ground.connect("machine", { clientId: "m1" });
  for (const topic of ["secret/1", "open/1"]) await machine.publish(topic, topic, 1);
  assert.equal(ground.broker.stats().queued, 1, "the credential is still known");
  await ground.restart();
  const again = await ground.connect("machine", { clientId: "m2" });
  for (const topic of ["secret/2", "open/2", "more/2"]) await again.publish(topic, topic, 1);
  assert.equal(ground.broker.stats().queued, 4);
  ground.gate.add("anna", { proof: "token", stated: { ...stated, subscribe: ["open/#"] } });
  const back = await ground.connect("anna", { clientId: "pump", clean: false });
  await again.publish("open/3", "open/3", 1);
  await back.messages(3);
  assert.deepEqual(back.payloads, ["open/1", "open/2", "open/3"]);
  await back.end();
  assert.equal(ground.broker.stats().queued, 0);
});
