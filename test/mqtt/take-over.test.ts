import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect as openTcp } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { type TestContext, test } from "node:test";
import { connect as openTls } from "node:tls";
import { generate } from "mqtt-packet";
import WebSocket, { createWebSocketStream } from "ws";
import { certificate } from "../helpers/certificate.js";
import { connect } from "../helpers/mqtt.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { type Carrier, ended, type Open, Wanderer } from "./support/wanderer.js";

interface Ground {
  readonly server: RunningServer;
  readonly open: Open;
}

async function prepare(t: TestContext): Promise<Ground> {
  const directory = await certificate(t);
  const file = (name: string) => join(directory, name);
  const server = await startServer(t, {
    config: { tls: { cert: file("cert.pem"), key: file("key.pem"), http: false } },
    args: ["--mqtts", "127.0.0.1:0"],
  });
  const ca = await readFile(file("ca.pem"));
  const port = Number(server.addresses.mqtts?.split(":")[1]);
  const make: Readonly<Record<Carrier, () => Duplex>> = {
    TCP: () => openTcp({ ...server.mqtt, noDelay: true }),
    WebSocket: () => createWebSocketStream(new WebSocket(`${server.wsUrl}/mqtt`, "mqtt")),
    TLS: () => openTls({ host: "localhost", port, ca }),
  };
  return { server, open: (carrier) => open(t, make[carrier]()) };
}

function open(t: TestContext, stream: Duplex): Duplex {
  t.after(() => stream.destroy());
  return stream.on("error", () => undefined);
}

test("a kept session goes from TCP to WebSocket to TLS with messages in flight: in order, none lost, QoS 2 once", async (t) => {
  const ground = await prepare(t);
  const wanderer = new Wanderer(ground.open);
  assert.equal(await wanderer.moveTo("TCP", true), false);
  await wanderer.subscribe();
  const publisher = await connect(t, ground.server.mqttUrl);
  const count = 400;
  const published = Array.from({ length: count }, (_, i) =>
    publisher.publish("journey", String(i), i % 2 === 0 ? 1 : 2),
  );
  const way: Carrier[] = ["WebSocket", "TLS", "TCP", "TLS", "WebSocket", "TCP", "WebSocket"];
  for (const carrier of way) {
    // Once it answers no more nothing new comes, and that may be so when it has moved.
    const wanted = Math.min(wanderer.count + 5, count);
    assert.equal(await wanderer.moveTo(carrier, false), true);
    await wanderer.until(wanted);
  }
  assert.equal(await wanderer.moveTo("TLS", true), true);
  await Promise.all(published);
  await wanderer.until(count);
  const numbers = (qos: number) => Array.from({ length: count / 2 }, (_, i) => 2 * i + qos - 1);
  assert.deepEqual([...new Set(wanderer.got[1])], numbers(1));
  assert.deepEqual(wanderer.got[2], numbers(2));
  await ground.server.logged(({ reason }) => reason === "another connection took over its client identifier");
});

test("a clean connect over another transport takes over a kept session and ends it [MQTT-3.1.2-6]", async (t) => {
  const { server } = await prepare(t);
  const options = { clientId: "both" };
  const kept = await connect(t, server.mqttUrl, { ...options, clean: false });
  await kept.subscribe("old", 2);
  const closed = kept.closed();
  const clean = await connect(t, `${server.wsUrl}/mqtt`, { ...options, clean: true });
  await closed;
  assert.equal(clean.sessionPresent, false);
  const publisher = await connect(t, server.mqttUrl);
  await publisher.publish("old", "to nobody", 2);
  await clean.end();
  const again = await connect(t, server.mqttUrl, { ...options, clean: false });
  assert.equal(again.sessionPresent, false);
  await again.subscribe("new", 1);
  await publisher.publish("old", "to nobody", 1);
  await publisher.publish("new", "to it", 1);
  await again.messages(1);
  assert.deepEqual([clean.payloads, again.payloads], [[], ["to it"]]);
});

test("a kept connect over another transport takes over a clean session and begins one of its own", async (t) => {
  const { server } = await prepare(t);
  const options = { clientId: "both" };
  const clean = await connect(t, `${server.wsUrl}/mqtt`, { ...options, clean: true });
  await clean.subscribe("old", 2);
  const closed = clean.closed();
  const kept = await connect(t, server.mqttUrl, { ...options, clean: false });
  await closed;
  assert.equal(kept.sessionPresent, false);
  await kept.subscribe("new", 1);
  await kept.end();
  const publisher = await connect(t, server.mqttUrl);
  await publisher.publish("old", "to nobody", 1);
  await publisher.publish("new", "to it", 1);
  const again = await connect(t, server.mqttUrl, { ...options, clean: false });
  assert.equal(again.sessionPresent, true);
  await again.messages(1);
  assert.deepEqual(again.payloads, ["to it"]);
});

for (const carrier of ["TCP", "WebSocket", "TLS"] as const)
  test(`over ${carrier}, an empty client identifier is given one with a clean session and refused with a kept one [MQTT-3.1.3-7] [MQTT-3.1.3-8]`, async (t) => {
    const ground = await prepare(t);
    // CONNECT, MQTT 3.1.1, keep-alive 0, no client identifier.
    const hello = (clean: boolean) =>
      Buffer.from([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, clean ? 2 : 0, 0, 0, 0, 0]);
    const nameless = [ground.open(carrier), ground.open(carrier)];
    for (const stream of nameless) {
      stream.write(hello(true));
      assert.deepEqual([...((await once(stream, "data"))[0] as Buffer)], [0x20, 2, 0, 0]);
      stream.write(generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a", qos: 0 }] }));
      assert.deepEqual([...((await once(stream, "data"))[0] as Buffer)], [0x90, 3, 0, 1, 0]);
    }
    // Neither has taken over the other.
    const both = Promise.all(nameless.map((stream) => once(stream, "data")));
    await (await connect(t, ground.server.mqttUrl)).publish("a", "b");
    for (const [bytes] of await both) assert.deepEqual([...(bytes as Buffer)], [0x30, 4, 0, 1, 0x61, 0x62]);
    const kept = ground.open(carrier);
    kept.write(hello(false));
    assert.deepEqual([...((await once(kept, "data"))[0] as Buffer)], [0x20, 2, 0, 2]);
    kept.resume();
    await ended(kept);
  });
