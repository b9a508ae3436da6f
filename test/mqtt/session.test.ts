import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { connect } from "../helpers/mqtt.js";
import { RawMqtt } from "../helpers/raw.js";
import { startServer } from "../helpers/server.js";

const KEPT = { clean: false, clientId: "kept" } as const;

test("a kept session gets its messages, in order, after the broker was killed and started again", async (t) => {
  const first = await startServer(t);
  const subscriber = await connect(t, first.mqttUrl, KEPT);
  await subscriber.subscribe("alarm/#", 2);
  await subscriber.end();
  const publisher = await connect(t, first.mqttUrl);
  const expected: string[] = [];
  for (let i = 0; i < 200; i++) {
    const qos = i % 2 === 0 ? 1 : 2;
    await publisher.publish("alarm/fire", `${i} at ${qos}`, qos); // acknowledged when this resolves
    expected.push(`${i} at ${qos}`);
  }
  await first.kill();
  const second = await startServer(t, { data: first.data });
  const back = await connect(t, second.mqttUrl, KEPT);
  assert.equal(back.sessionPresent, true);
  await back.messages(200);
  // A client shows a QoS 2 message when PUBREL comes, so the order is that of each QoS.
  for (const qos of ["at 1", "at 2"]) {
    const of = (payloads: string[]) => payloads.filter((payload) => payload.endsWith(qos));
    assert.deepEqual(of(back.payloads), of(expected));
  }
  // The subscription survived too, and live messages follow the stored ones.
  await (await connect(t, second.mqttUrl)).publish("alarm/water", "live", 1);
  await back.messages(201);
  assert.equal(back.payloads.at(-1), "live");
});

test("CONNACK says whether the session was there [MQTT-3.2.2-2]", async (t) => {
  const server = await startServer(t);
  const present: boolean[] = [];
  for (const clean of [false, false, true, false]) {
    const client = await connect(t, server.mqttUrl, { ...KEPT, clean });
    present.push(client.sessionPresent);
    await client.end();
  }
  assert.deepEqual(present, [false, true, false, false]);
});

test("a clean connect ends the kept session and what waits in it [MQTT-3.1.2-6]", async (t) => {
  const server = await startServer(t);
  const kept = await connect(t, server.mqttUrl, KEPT);
  await kept.subscribe("a", 1);
  await kept.end();
  const publisher = await connect(t, server.mqttUrl);
  await publisher.publish("a", "stale", 1);
  await (await connect(t, server.mqttUrl, { ...KEPT, clean: true })).end();
  const again = await connect(t, server.mqttUrl, KEPT);
  await again.subscribe("a", 1);
  await publisher.publish("a", "fresh", 1);
  await again.messages(1);
  assert.deepEqual(again.payloads, ["fresh"]);
});

test("messages that were sent and not acknowledged come again, marked as such, with the same identifiers", async (t) => {
  const server = await startServer(t);
  const first = await connect(t, server.mqttUrl, KEPT);
  await first.subscribe("a", 1);
  const identifiers: unknown[] = [];
  const arrived = new Promise<void>((resolve) => {
    first.client.handleMessage = (packet) => {
      // Never acknowledged: the callback is not called.
      identifiers.push("messageId" in packet ? packet.messageId : undefined);
      resolve();
    };
  });
  const publisher = await connect(t, server.mqttUrl);
  await publisher.publish("a", "again", 1);
  await arrived;
  await first.cut();
  const second = await connect(t, server.mqttUrl, KEPT);
  await second.messages(1);
  const { payload, dup } = second.received[0] ?? {};
  assert.deepEqual([payload, dup, second.identifiers], ["again", true, identifiers]);
});

test("the same client identifier takes over, across transports [MQTT-3.1.4-2]", async (t) => {
  const server = await startServer(t);
  const first = await connect(t, server.mqttUrl, KEPT);
  await first.subscribe("a", 1);
  const closed = first.closed();
  const second = await connect(t, `${server.wsUrl}/mqtt`, KEPT);
  await closed;
  assert.equal(second.sessionPresent, true);
  const third = await connect(t, server.mqttUrl, { ...KEPT, clean: true, clientId: "publisher" });
  await third.publish("a", "to the second", 1);
  await second.messages(1);
  assert.deepEqual(first.payloads, []);
  await server.logged(({ reason }) => reason === "another connection took over its client identifier");
});

test("a will is published when the socket is cut, and not after DISCONNECT [MQTT-3.1.2-8]", async (t) => {
  const server = await startServer(t);
  const watcher = await connect(t, server.mqttUrl);
  await watcher.subscribe("status/#", 1);
  const will = (topic: string) =>
    ({ will: { topic, payload: Buffer.from("gone"), qos: 1, retain: true }, keepalive: 60 }) as const;
  await (await connect(t, server.mqttUrl, will("status/polite"))).end();
  await (await connect(t, server.mqttUrl, will("status/cut"))).cut();
  await watcher.messages(1);
  assert.deepEqual(
    watcher.received.map(({ topic, payload }) => [topic, payload]),
    [["status/cut", "gone"]],
  );
  const later = await connect(t, server.mqttUrl);
  await later.subscribe("status/+");
  await later.messages(1);
  assert.deepEqual(
    later.received.map(({ topic, retain }) => [topic, retain]),
    [["status/cut", true]],
  );
});

for (const topic of ["$SYS/x", "a/#", "+"])
  test(`a client whose will is to ${topic}, which nobody may publish to, is closed and named in the log`, async (t) => {
    const server = await startServer(t);
    const will = { topic, payload: Buffer.from("x"), qos: 1, retain: false } as const;
    await assert.rejects(RawMqtt.connect(t, server, { will }), /closed before CONNACK/);
    const line = await server.logged(({ msg }) => msg === "client closed for an error");
    assert.match(String(line.reason), /CONNECT with a will to ".+": /);
  });

test("a client that stays silent for one and a half keep-alive times is closed [MQTT-3.1.2-24]", async (t) => {
  const server = await startServer(t);
  const watcher = await connect(t, server.mqttUrl);
  await watcher.subscribe("status/silent");
  const silent = await connect(t, server.mqttUrl, {
    keepalive: 1,
    clientId: "silent",
    reschedulePings: false,
    timerVariant: { set: () => 0, clear: () => undefined } as never, // never pings
    will: { topic: "status/silent", payload: Buffer.from("silent"), qos: 0, retain: false },
  });
  const closed = silent.client.connected ? silent.closed() : undefined;
  await watcher.messages(1);
  await closed;
  await server.logged(({ reason }) => String(reason).startsWith("keep alive timeout"));
});

test("an empty client identifier needs a clean session [MQTT-3.1.3-8]", async (t) => {
  const server = await startServer(t);
  const { connect: open } = await import("node:net");
  const socket = open(server.mqtt.port, server.mqtt.host);
  t.after(() => socket.destroy());
  // CONNECT, MQTT 3.1.1, clean session 0, keep-alive 60, no client identifier.
  socket.write(Buffer.from([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0, 0, 60, 0, 0]));
  const [connack] = (await once(socket, "data")) as [Buffer];
  assert.deepEqual([...connack], [0x20, 2, 0, 2]);
  await once(socket, "close");
});

test("a client need not wait for CONNACK: what it sends with CONNECT, and then goes, arrives [MQTT-3.1.4-5]", async (t) => {
  const server = await startServer(t);
  const watcher = await connect(t, server.mqttUrl);
  await watcher.subscribe("burst/#", 1);
  const { connect: open } = await import("node:net");
  const socket = open(server.mqtt.port, server.mqtt.host);
  t.after(() => socket.destroy());
  const count = 200;
  const publish = (qos: number, i: number) => {
    const id = qos > 0 ? [0, i + 1] : [];
    return Buffer.from([0x30 | (qos << 1), 9 + id.length, 0, 7, ...Buffer.from(`burst/${qos}`), ...id]);
  };
  const burst = Array.from({ length: count }, (_, i) => publish(i % 2, i));
  const hello = [0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 1, 0x62];
  socket.end(Buffer.concat([Buffer.from(hello), ...burst, Buffer.from([0xe0, 0])]));
  await watcher.messages(count);
  assert.equal(watcher.received.filter(({ qos }) => qos === 1).length, count / 2);
});

test("a QoS 2 message that is sent again after a crash is published once", async (t) => {
  const first = await startServer(t);
  const subscriber = await connect(t, first.mqttUrl, KEPT);
  await subscriber.subscribe("once", 2);
  await subscriber.end();
  const publisher = await rawClient(t, first.mqtt, "raw");
  await publisher.exchange(publishQoS2("once", 7, "exactly", false), 0x50); // PUBREC
  await first.kill();
  const second = await startServer(t, { data: first.data });
  const again = await rawClient(t, second.mqtt, "raw");
  await again.exchange(publishQoS2("once", 7, "exactly", true), 0x50);
  await again.exchange(Buffer.from([0x62, 2, 0, 7]), 0x70); // PUBREL, PUBCOMP
  // The identifier is free again: the next message under it is a new one.
  await again.exchange(publishQoS2("once", 7, "another", false), 0x50);
  const back = await connect(t, second.mqttUrl, KEPT);
  await back.messages(2);
  assert.deepEqual(back.payloads, ["exactly", "another"]);
});

async function rawClient(
  t: { after(callback: () => void): void },
  { host, port }: { host: string; port: number },
  id: string,
) {
  const { connect: open } = await import("node:net");
  const socket = open(port, host);
  t.after(() => socket.destroy());
  const exchange = async (bytes: Buffer, reply: number) => {
    socket.write(bytes);
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.equal((answer[0] ?? 0) & 0xf0, reply);
  };
  const name = Buffer.from(id);
  const connectPacket = [
    0x10,
    12 + name.length,
    0,
    4,
    0x4d,
    0x51,
    0x54,
    0x54,
    4,
    0,
    0,
    60,
    0,
    name.length,
    ...name,
  ];
  await exchange(Buffer.from(connectPacket), 0x20);
  return { exchange };
}

function publishQoS2(topic: string, id: number, payload: string, dup: boolean): Buffer {
  const body = Buffer.concat([
    Buffer.from([0, topic.length]),
    Buffer.from(topic),
    Buffer.from([0, id]),
    Buffer.from(payload),
  ]);
  return Buffer.concat([Buffer.from([dup ? 0x3c : 0x34, body.length]), body]);
}

test("a clean and a kept connect under one identifier at once leave a session that survives a restart", async (t) => {
  const first = await startServer(t);
  for (let round = 0; round < 10; round++) {
    const together = [true, false].map((clean) => connect(t, first.mqttUrl, { ...KEPT, clean }));
    await Promise.allSettled(together); // one may be taken over before its CONNACK
  }
  const kept = await connect(t, first.mqttUrl, KEPT);
  await kept.subscribe("a", 1);
  await kept.end();
  await (await connect(t, first.mqttUrl)).publish("a", "kept", 1);
  await first.kill();
  const second = await startServer(t, { data: first.data });
  const back = await connect(t, second.mqttUrl, KEPT);
  assert.equal(back.sessionPresent, true);
  await back.messages(1);
  assert.deepEqual(back.payloads, ["kept"]);
});
