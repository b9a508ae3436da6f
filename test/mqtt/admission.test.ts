import assert from "node:assert/strict";
import { connect as dial } from "node:net";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { generate } from "mqtt-packet";
import { type DenialKind, Denied } from "../../src/access/denied.js";
import { AccessGround } from "./support/access-ground.js";

/** Of a kept session; user and client identifier are the same. */
function connectPacket(user: string): Buffer {
  return generate({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: false,
    clientId: user,
    keepalive: 0,
    username: user,
    password: Buffer.from(`${user}!`),
  });
}

test("a name and password let a client in, and who it is shows in the log and in the list of clients", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna").add("ben");
  await ground.connect("anna", { clientId: "pump" });
  await ground.connect(undefined, { clientId: "passer-by" });
  const line = await ground.logged("client connected", { client: "pump" });
  assert.equal(line.user, "anna");
  const { clients } = ground.broker;
  assert.deepEqual([...clients.ids("anna")], ["pump"]);
  assert.deepEqual([...clients.ids("ben")], []);
  assert.deepEqual([clients.find("pump")?.user, clients.find("passer-by")?.user], ["anna", undefined]);
  assert.equal(ground.gate.attempts[0]?.door, "mqtt");
  assert.equal(ground.gate.attempts[0]?.peer.address, "127.0.0.1");
  assert.equal(ground.gate.attempts[0]?.clientId, "pump");
});

test("each kind of denial has its return code, its count and a line that says why, without the password", async (t) => {
  const ground = await AccessGround.start(t);
  const codes: Record<DenialKind, number> = {
    credentials: 4,
    expired: 4,
    forbidden: 5,
    unavailable: 3,
    backoff: 3,
  };
  for (const [kind, code] of Object.entries(codes)) {
    ground.gate.failure = new Denied(kind as DenialKind, `because of ${kind}`);
    const client = await ground.raw(undefined, { clientId: kind, username: "eve", password: "s3cret" });
    assert.equal(client.returnCode, code, kind);
    await client.closed;
    const line = await ground.logged("client refused", { client: kind });
    assert.equal(line.reason, `because of ${kind}`);
    assert.equal(line.user, "eve");
    assert.match(String(line.remote), /^127\.0\.0\.1:\d+$/);
    assert.equal(ground.counters.refused[kind as DenialKind], 1, kind);
  }
  assert.ok(!JSON.stringify(ground.lines).includes("s3cret"));
  assert.equal(ground.broker.stats().clients, 0);
});

test("a gate that fails lets nobody in", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.failure = new TypeError("a mistake of ours");
  const client = await ground.raw(undefined, { clientId: "a" });
  assert.equal(client.returnCode, 3);
  assert.equal(ground.counters.refused.unavailable, 1);
});

test("a password without a name is a fault [MQTT-3.1.2-22]; an empty one, and bytes that are not UTF-8, come as they are", async (t) => {
  const ground = await AccessGround.start(t);
  const { gate } = ground;
  await ground.raw(undefined, { clientId: "empty", username: "a", password: "" });
  assert.equal(gate.attempts.at(-1)?.password, "");
  await ground.raw(undefined, { clientId: "latin", username: "a", password: Buffer.of(0xe9) });
  assert.equal(gate.attempts.at(-1)?.password, "\u00e9");
  await ground.raw(undefined, { clientId: "utf-8", username: "a", password: "\u00e9" });
  assert.equal(gate.attempts.at(-1)?.password, "\u00e9");
  await ground.raw(undefined, { clientId: "name", username: "a" });
  assert.equal(gate.attempts.at(-1)?.password, undefined);
  const before = gate.attempts.length;
  const socket = dial(ground.port, "127.0.0.1");
  t.after(() => socket.destroy());
  const flags = 0b0100_0010; // password, no user name, clean session
  socket.write(Buffer.from([0x10, 16, 0, 4, ...Buffer.from("MQTT"), 4, flags, 0, 0, 0, 1, 0x78, 0, 1, 0x79]));
  await new Promise((resolve) => socket.once("close", resolve));
  assert.equal(gate.attempts.length, before);
  await ground.logged("client closed for an error", {
    reason: "CONNECT with a password and no user name [MQTT-3.1.2-22]",
  });
});

test("a wrong password does not touch who is connected under the identifier, nor its session", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna");
  const anna = await ground.connect("anna", { clientId: "pump", clean: false });
  await anna.subscribe("a", 1);
  for (const clean of [true, false]) {
    const eve = await ground.raw(undefined, { clientId: "pump", clean, username: "anna", password: "guess" });
    assert.equal(eve.returnCode, 4);
    await eve.closed;
  }
  await anna.publish("a", "still here", 1);
  await anna.messages(1);
  assert.equal(ground.broker.stats().keptSessions, 1);
  assert.deepEqual([...ground.broker.clients.ids()], ["pump"]);
});

test("what a client sends ahead of CONNACK waits for the decision, and goes nowhere when that is no", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna");
  let decide: (value: unknown) => void = () => undefined;
  const decision = new Promise((resolve) => {
    decide = resolve;
  });
  const watcher = await ground.connect(undefined, { clientId: "watcher" });
  await watcher.subscribe("#");
  for (const user of ["eve", "anna"]) {
    ground.gate.waits.set(user, decision);
    const socket = dial(ground.port, "127.0.0.1");
    t.after(() => socket.destroy());
    const publish = {
      cmd: "publish",
      topic: "from",
      payload: user,
      qos: 0,
      retain: false,
      dup: false,
    } as const;
    socket.write(Buffer.concat([connectPacket(user), generate(publish)]));
  }
  await ground.attempts(3);
  await watcher.publish("marker", "1");
  await watcher.messages(1);
  decide(undefined);
  await watcher.messages(2);
  await ground.logged("client refused", { client: "eve" });
  await watcher.publish("marker", "2");
  await watcher.messages(3);
  assert.deepEqual(watcher.payloads, ["1", "anna", "2"]);
});

test("a client that goes while it is decided on leaves nothing behind", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna");
  let decide: (value: unknown) => void = () => undefined;
  const decision = new Promise((resolve) => {
    decide = resolve;
  });
  ground.gate.waits.set("anna", decision);
  const socket = dial(ground.port, "127.0.0.1");
  socket.write(connectPacket("anna"));
  await ground.attempts(1);
  socket.resetAndDestroy();
  while (ground.broker.stats().connections > 0) await nextTurn();
  decide(undefined);
  await decision;
  await ground.connect(undefined, { clientId: "anna" }); // nobody has claimed it
  assert.equal(ground.broker.stats().keptSessions, 0);
});

test("a decision that does not come within mqtt.connectTimeout ends the connection", async (t) => {
  const ground = await AccessGround.start(t, { limits: { connectTimeout: 200 } });
  ground.gate.waits.set("anna", new Promise(() => undefined));
  await assert.rejects(ground.raw("anna", { clientId: "pump" }), /closed before CONNACK/);
  await ground.logged("client closed for an error", {
    client: "pump",
    reason: "whether it is let in was not decided within mqtt.connectTimeout",
  });
});

test("a credential that ends closes the connection and leaves the kept session", async (t) => {
  const ground = await AccessGround.start(t);
  ground.gate.add("anna", { proof: "token", expiresAt: Date.now() + 300 });
  const anna = await ground.connect("anna", { clientId: "pump", clean: false });
  await anna.closed();
  const line = await ground.logged("client disconnected", { client: "pump" });
  assert.equal(line.reason, "its token has expired");
  assert.equal(ground.counters.accessEnded.expired, 1);
  assert.deepEqual(
    ground.ended.map(({ user, client, reason }) => [user, client, reason]),
    [["anna", "pump", "its token has expired"]],
  );
  assert.equal(ground.broker.stats().keptSessions, 1);
});
