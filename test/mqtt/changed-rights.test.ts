import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { AccessGround } from "./support/access-ground.js";

const EVERYTHING = { publish: ["#"], subscribe: ["#"] };

async function setUp(t: Parameters<typeof AccessGround.start>[0]): Promise<AccessGround> {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna").add("machine");
  ground.gate.allow("anna", EVERYTHING).allow("machine", EVERYTHING);
  return ground;
}

test("what may not be published any more is not taken from the same turn on", async (t) => {
  const ground = await setUp(t);
  const watcher = await ground.connect("machine");
  await watcher.subscribe("a", 1);
  const anna = await ground.connect("anna");
  await anna.publish("a", "before", 1);
  ground.gate.allow("anna", { publish: [] }).changed();
  await anna.publish("a", "after", 1);
  ground.gate.allow("anna", { publish: ["a"] }).changed();
  await anna.publish("a", "again", 1);
  await watcher.messages(2);
  assert.deepEqual(watcher.payloads, ["before", "again"]);
});

for (const clean of [true, false])
  test(`subscriptions of a connected client (clean ${clean}) follow its rights, without loss for those that stay`, async (t) => {
    const ground = await setUp(t);
    const anna = await ground.raw("anna", { clientId: "pump", clean, answers: true });
    assert.deepEqual(await anna.subscribe({ "gone/#": 1, "+/b": 2, "kept/#": 2 }), [1, 2, 2]);
    const machine = await ground.connect("machine");
    const flow = async (round: number) => {
      for (const topic of ["gone/a", "gone/b", "kept/a", "kept/b"])
        for (const qos of [0, 1, 2] as const) await machine.publish(topic, `${topic} ${round}`, qos);
    };
    await flow(1);
    await anna.until(() => anna.received.length === 12, "all of the first round");
    ground.gate.allow("anna", { subscribe: ["kept/#"], qos: 1 }).changed();
    await flow(2);
    await anna.until(() => anna.received.length === 18, "what is left of the second round");
    await flow(3);
    await anna.until(() => anna.received.length === 24, "what is left of the third round");
    await anna.ping();
    const late = anna.received.slice(12);
    assert.deepEqual([...new Set(late.map(({ topic }) => topic))].sort(), ["kept/a", "kept/b"]);
    assert.ok(late.slice(6).every(({ qos }) => qos <= 1));
    const { subscriptionsRevoked } = ground.counters;
    assert.equal(subscriptionsRevoked, 1);
    await ground.logged(
      "a subscription was taken away: the client may not receive what it matches any more",
      {
        client: "pump",
        user: "anna",
        filter: "gone/#",
      },
    );
    const left = [...ground.broker.clients.subscriptions("pump")];
    assert.deepEqual(left.map((each) => ("filter" in each ? [each.filter, each.qos] : [])).sort(), [
      ["+/b", 1],
      ["kept/#", 1],
    ]);
  });

test("retained messages that are on their way when rights change do not get through any more", async (t) => {
  const ground = await setUp(t);
  const machine = await ground.connect("machine");
  for (let i = 0; i < 300; i++) await machine.publish(`secret/${i}`, "x".repeat(10), 1, true);
  const anna = await ground.raw("anna", { clientId: "pump" });
  // QoS 1 without acknowledgements: the window stops at 100.
  await anna.subscribe({ "secret/#": 1 });
  await anna.until(() => anna.received.length === 100, "a full window");
  ground.gate.allow("anna", { subscribe: ["open"] }).changed();
  while (ground.counters.subscriptionsRevoked === 0) await nextTurn();
  assert.deepEqual(await anna.subscribe({ open: 1 }), [1]);
  for (const { id } of anna.received) anna.puback(id);
  await machine.publish("open", "end", 1);
  await anna.until(() => anna.received.some(({ text }) => text === "end"), "the end");
  assert.equal(anna.received.length, 101);
});

for (const clean of [true, false])
  test(`messages that wait for a slow client (clean ${clean}) when rights change are not sent`, async (t) => {
    const ground = await setUp(t);
    const anna = await ground.raw("anna", { clientId: "pump", clean });
    await anna.subscribe({ "+/a": 1 });
    const machine = await ground.connect("machine");
    for (let i = 0; i < 150; i++) await machine.publish("secret/a", `${i}`, 1);
    await machine.publish("open/a", "end", 1);
    await anna.until(() => anna.received.length === 100, "a full window");
    ground.gate.allow("anna", { subscribe: ["open/#"] }).changed();
    for (const { id } of anna.received) anna.puback(id);
    await anna.until(() => anna.received.some(({ text }) => text === "end"), "the end");
    assert.equal(anna.received.length, 101);
  });

test("a restored session is judged anew: filters go or are lowered, on the disk too, and so do its messages", async (t) => {
  const ground = await setUp(t);
  const anna = await ground.raw("anna", { clientId: "pump", clean: false });
  await anna.subscribe({ "secret/#": 2, "open/#": 2, "+/wide": 1 });
  const machine = await ground.connect("machine", { clientId: "m1" });
  // Unacknowledged on the first connection, and sent again on the next.
  await machine.publish("secret/sent", "sent", 1);
  await machine.publish("open/sent", "sent", 1);
  await anna.until(() => anna.received.length === 2, "two messages");
  await anna.cut();
  await ground.offline("pump");
  for (const topic of ["secret/a", "open/a", "secret/wide", "open/wide"])
    await machine.publish(topic, topic, 2);
  assert.equal(ground.broker.stats().queued, 6);
  await ground.restart();
  ground.gate.allow("anna", { subscribe: ["open/#"], qos: 1 });
  const back = await ground.raw("anna", { clientId: "pump", clean: false, answers: true });
  assert.equal(back.sessionPresent, true);
  await back.until(() => back.received.length === 3, "what is left");
  await back.until(() => back.releases.length === 2, "two handshakes");
  await back.ping();
  assert.deepEqual(
    back.received.map(({ topic }) => topic),
    ["open/sent", "open/a", "open/wide"],
  );
  assert.equal(ground.counters.withheld, 3);
  assert.equal(ground.counters.subscriptionsRevoked, 1);
  await back.end();
  assert.equal(ground.broker.stats().queued, 0, "what was not sent is done with");
  // On the disk as well: rights are wide again, and the filter is not back.
  ground.gate.allow("anna", EVERYTHING);
  await ground.restart();
  await ground.connect("anna", { clientId: "pump", clean: false });
  const left = [...ground.broker.clients.subscriptions("pump")];
  assert.deepEqual(left.map((each) => ("filter" in each ? [each.filter, each.qos] : [])).sort(), [
    ["+/wide", 1],
    ["open/#", 1],
  ]);
});

test("what waits in a restored session by a filter that is gone is not sent, when all that are left are allowed whole", async (t) => {
  const ground = await setUp(t);
  const anna = await ground.connect("anna", { clientId: "pump", clean: false });
  await anna.subscribe(["secret/#", "open/#"], 1);
  await anna.end();
  await ground.offline("pump");
  const machine = await ground.connect("machine");
  for (const topic of ["secret/a", "open/a", "secret/b", "open/b"]) await machine.publish(topic, topic, 1);
  ground.gate.allow("anna", { subscribe: ["open/#"] });
  const back = await ground.connect("anna", { clientId: "pump", clean: false });
  await machine.publish("open/c", "open/c", 1);
  await back.messages(3);
  assert.deepEqual(back.payloads, ["open/a", "open/b", "open/c"]);
  assert.equal(ground.counters.withheld, 2);
});

test("rights that change while a client is away hold for what is kept for it", async (t) => {
  const ground = await setUp(t);
  const anna = await ground.connect("anna", { clientId: "pump", clean: false });
  await anna.subscribe("#", 1);
  await anna.end();
  await ground.offline("pump");
  ground.gate.allow("anna", { subscribe: ["open/#"] }).changed();
  const machine = await ground.connect("machine");
  for (let round = 0; round < 5; round++) await nextTurn();
  await machine.publish("secret", "no", 1);
  await machine.publish("open/a", "yes", 1);
  assert.equal(ground.broker.stats().queued, 1);
  const back = await ground.connect("anna", { clientId: "pump", clean: false });
  await back.messages(1);
  assert.deepEqual(back.payloads, ["yes"]);
});

test("a client whose account is gone is closed, and cannot do anything meanwhile", async (t) => {
  const ground = await setUp(t);
  const watcher = await ground.connect("machine");
  await watcher.subscribe("#", 1);
  const anna = await ground.raw("anna", { clientId: "pump", clean: false });
  await anna.subscribe({ a: 1 });
  ground.gate.users.delete("anna");
  ground.gate.changed();
  anna.publish("a", "too late");
  await anna.closed;
  const line = await ground.logged("client disconnected", { client: "pump" });
  assert.equal(line.reason, "its account is gone");
  assert.equal(ground.counters.accessEnded.revoked, 1);
  assert.deepEqual(
    ground.ended.map(({ user, client }) => [user, client]),
    [["anna", "pump"]],
  );
  await watcher.publish("marker", "end", 1);
  await watcher.messages(1);
  assert.deepEqual(watcher.payloads, ["end"]);
});

test("an account that goes while its client is on the way in does not stay in", async (t) => {
  const ground = await setUp(t);
  let decide: (value: unknown) => void = () => undefined;
  ground.gate.waits.set(
    "anna",
    new Promise((resolve) => {
      decide = resolve;
    }),
  );
  const coming = ground.raw("anna", { clientId: "pump", clean: false });
  await ground.attempts(1);
  decide(undefined);
  await Promise.resolve();
  const { stands } = ground.gate;
  ground.gate.stands = (principal) => principal.user !== "anna" && stands.call(ground.gate, principal);
  ground.gate.changed();
  const anna = await coming;
  await anna.closed;
  assert.equal(ground.counters.accessEnded.revoked, 1);
});

test("a thousand clients follow a change; one that overtakes another holds", async (t) => {
  const ground = await setUp(t);
  const clients = await Promise.all(
    Array.from({ length: 600 }, (_, i) => ground.raw("anna", { clientId: `pump-${i}` })),
  );
  await Promise.all(clients.map((client) => client.subscribe({ "secret/#": 1, "open/#": 1 })));
  ground.gate.allow("anna", { subscribe: ["secret/#"] }).changed();
  await nextTurn();
  ground.gate.allow("anna", { subscribe: ["open/#"] }).changed();
  const machine = await ground.connect("machine");
  await machine.publish("secret/a", "no", 1);
  while (ground.counters.subscriptionsRevoked < clients.length) await nextTurn();
  await machine.publish("secret/a", "no", 1);
  await Promise.all(clients.map((client) => client.ping()));
  assert.ok(clients.every(({ received }) => received.length === 0));
});
