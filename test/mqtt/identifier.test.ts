import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { AccessGround } from "./support/access-ground.js";

const REJECTED = 2;

test("a client identifier in use is its user's: nobody else takes it over, with a clean session or not", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna").add("ben");
  for (const clean of [true, false]) {
    const clientId = `pump-${clean}`;
    const anna = await ground.connect("anna", { clientId, clean });
    await anna.subscribe(clientId, 1);
    for (const user of ["ben", undefined])
      for (const kept of [true, false])
        assert.equal((await ground.raw(user, { clientId, clean: kept })).returnCode, REJECTED);
    await anna.publish(clientId, "still here", 1);
    await anna.messages(1);
    const again = await ground.connect("anna", { clientId, clean });
    assert.equal(again.sessionPresent, !clean);
  }
  assert.equal(ground.counters.refused.identifier, 8);
  assert.equal(ground.refused.length, 8);
  const line = await ground.logged("client refused", { client: "pump-true", user: "ben" });
  assert.equal(line.reason, "the client identifier is another user's");
});

test("a kept session is its user's while the client is away, and after a restart", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna").add("ben");
  const anna = await ground.connect("anna", { clientId: "pump", clean: false });
  await anna.subscribe("a", 1);
  await anna.end();
  const others = async () => {
    for (const user of ["ben", undefined])
      for (const clean of [true, false])
        assert.equal((await ground.raw(user, { clientId: "pump", clean })).returnCode, REJECTED);
  };
  await ground.offline("pump");
  await others();
  await ground.restart();
  await others();
  const publisher = await ground.connect("ben", { clientId: "ben" });
  await publisher.publish("a", "for anna", 1);
  const back = await ground.connect("anna", { clientId: "pump", clean: false });
  assert.equal(back.sessionPresent, true);
  await back.messages(1);
});

test("an identifier is free again when its user ends the session", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna").add("ben");
  await (await ground.connect("anna", { clientId: "pump", clean: false })).end();
  await (await ground.connect("anna", { clientId: "pump", clean: true })).end();
  await ground.offline("pump");
  while (ground.broker.stats().connections > 0) await nextTurn();
  await ground.connect("ben", { clientId: "pump", clean: false });
});

test("what is nobody's, a user may claim; from then on it is that user's", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna").add("ben");
  const nobody = await ground.connect(undefined, { clientId: "pump", clean: false });
  await nobody.subscribe("a", 1);
  const anna = await ground.connect("anna", { clientId: "pump", clean: false });
  assert.equal(anna.sessionPresent, true);
  await anna.end();
  await ground.offline("pump");
  await ground.restart();
  assert.equal((await ground.raw(undefined, { clientId: "pump", clean: false })).returnCode, REJECTED);
  assert.equal((await ground.raw("ben", { clientId: "pump", clean: false })).returnCode, REJECTED);
  await ground.connect("anna", { clientId: "pump", clean: false });
});

test("of two users who come at once under one identifier, one gets it", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna").add("ben");
  for (let round = 0; round < 10; round++) {
    const clientId = `pump-${round}`;
    const both = await Promise.all(
      ["anna", "ben"].map((user) => ground.raw(user, { clientId, clean: round % 2 === 0 })),
    );
    assert.deepEqual(both.map(({ returnCode }) => returnCode).sort(), [0, REJECTED]);
  }
});

test("a user who claims an identifier while an anonymous client waits for the store under it keeps it", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna");
  const release = ground.holdStore();
  const nobody = ground.raw(undefined, { clientId: "pump", clean: false });
  while (ground.broker.stats().keptSessions === 0) await nextTurn();
  // The session is there by now, in memory: it is nobody's, and so it is hers.
  const anna = await ground.raw("anna", { clientId: "pump", clean: false });
  assert.equal(anna.returnCode, 0);
  release();
  await assert.rejects(nobody, /closed before CONNACK/);
  await ground.logged("client refused", {
    client: "pump",
    reason: "its client identifier has become another user's",
  });
  await anna.ping();
  assert.equal(ground.broker.clients.find("pump")?.user, "anna");
});

test("a user who claims an identifier while an anonymous client is on its way in under it keeps it", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna");
  for (let round = 0; round < 20; round++) {
    const clientId = `pump-${round}`;
    const will = { topic: "gone", payload: Buffer.from("x"), qos: 0, retain: false } as const;
    // Its session and its will have to be stored before it is in.
    const nobody = ground.raw(undefined, { clientId, clean: false, will }).catch(() => undefined);
    for (let turn = 0; turn < round % 5; turn++) await nextTurn();
    const anna = await ground.raw("anna", { clientId, clean: true });
    assert.equal(anna.returnCode, 0);
    await nobody;
    await anna.ping();
    assert.equal(ground.broker.clients.find(clientId)?.user, "anna", `round ${round}`);
  }
});
