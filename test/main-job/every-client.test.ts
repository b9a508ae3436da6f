import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Centrifuge } from "centrifuge";
import WebSocket from "ws";
import { run, started } from "../helpers/command.js";
import { connect } from "../helpers/mqtt.js";
import { startServer } from "../helpers/server.js";

/** The `centrifuge` client, subscribed; gives the publications it has seen and a wait for the next. */
async function channelClient(t: { after(callback: () => void): void }, url: string, channel: string) {
  const client = new Centrifuge(`${url}/connection/websocket`, { websocket: WebSocket });
  t.after(() => client.disconnect());
  const subscription = client.newSubscription(channel);
  const seen: { data: unknown; topic: string | undefined }[] = [];
  subscription.on("publication", ({ data, tags }) => seen.push({ data, topic: tags?.topic }));
  const subscribed = new Promise<void>((resolve) => subscription.once("subscribed", () => resolve()));
  subscription.subscribe();
  client.connect();
  await subscribed;
  const atLeast = async (count: number) => {
    while (seen.length < count) await new Promise((resolve) => subscription.once("publication", resolve));
    return seen;
  };
  return { client, subscription, seen, atLeast };
}

async function plainClient(t: { after(callback: () => void): void }, url: string) {
  const socket = new WebSocket(url);
  t.after(() => socket.terminate());
  const frames: { event: string; data: unknown; meta?: { topic?: string; time?: unknown } }[] = [];
  socket.on("message", (text) => frames.push(JSON.parse(String(text))));
  await once(socket, "open");
  const atLeast = async (count: number) => {
    while (frames.length < count) await once(socket, "message");
    return frames;
  };
  return { socket, frames, atLeast };
}

test("what mosquitto_pub publishes reaches every kind of client", async (t) => {
  const server = await startServer(t);
  const topic = "sensors/kitchen/temperature";
  const port = String(server.mqtt.port);
  const mosquitto = started("stdbuf", [
    "-oL",
    "mosquitto_sub",
    "-p",
    port,
    "-t",
    "sensors/#",
    "-C",
    "1",
    "-v",
    "-d",
  ]);
  t.after(() => mosquitto.child.kill());
  await mosquitto.printed("SUBACK");
  const overWebSocket = await connect(t, `${server.wsUrl}/mqtt`);
  await overWebSocket.subscribe("sensors/+/temperature", 1);
  const channel = await channelClient(t, server.wsUrl, "mqtt:sensors/#");
  const plain = await plainClient(t, `${server.wsUrl}/v3/${encodeURIComponent("mqtt:sensors/#")}`);

  const { code, stderr } = await run("mosquitto_pub", ["-p", port, "-t", topic, "-m", '{"c":21.5}']);
  assert.equal(code, 0, stderr);

  assert.match((await mosquitto.finished).stdout, /^sensors\/kitchen\/temperature \{"c":21\.5\}$/m);
  assert.equal((await overWebSocket.messages(1))[0]?.payload, '{"c":21.5}');
  assert.deepEqual(await channel.atLeast(1), [{ data: { c: 21.5 }, topic }]);
  const frame = (await plain.atLeast(1)).find(({ meta }) => meta?.topic === topic);
  assert.deepEqual(frame?.data, { c: 21.5 });

  // Whoever comes later sees the last value at once.
  const late = await channelClient(t, server.wsUrl, "mqtt:sensors/#");
  assert.deepEqual(await late.atLeast(1), [{ data: { c: 21.5 }, topic }]);
});

test("a rule joins topics and a channel in both directions", async (t) => {
  const server = await startServer(t, {
    config: {
      bridge: {
        channels: [
          {
            channel: "device:{id}",
            topics: ["devices/{id}/telemetry", "devices/{id}/status"],
            publish: { topic: "devices/{id}/commands", qos: 1 },
            snapshot: true,
          },
        ],
      },
    },
  });
  const device = await connect(t, server.mqttUrl);
  await device.subscribe("devices/7/commands", 1);
  await device.publish("devices/7/status", "online", 1, true);
  await device.publish("devices/8/telemetry", '{"c":1}', 1);
  const channel = await channelClient(t, server.wsUrl, "device:7");
  assert.deepEqual(await channel.atLeast(1), [{ data: "online", topic: "devices/7/status" }]);
  await device.publish("devices/7/telemetry", '{"c":2}', 1);
  assert.deepEqual((await channel.atLeast(2))[1], { data: { c: 2 }, topic: "devices/7/telemetry" });

  await channel.subscription.publish({ relay: true });
  const [command] = await device.messages(1);
  assert.deepEqual(
    [command?.topic, command?.payload, command?.qos],
    ["devices/7/commands", '{"relay":true}', 1],
  );

  const plain = await plainClient(t, `${server.wsUrl}/v3/device:7`);
  plain.socket.send(JSON.stringify({ event: "message", data: "from a bare WebSocket" }));
  assert.equal((await device.messages(2))[1]?.payload, "from a bare WebSocket");
});

test("a channel fed by a wildcard from 50 devices accounts for every message", async (t) => {
  const rule = { channel: "telemetry", topics: ["devices/+/telemetry"] };
  const server = await startServer(t, { config: { bridge: { channels: [rule] } } });
  const channel = await channelClient(t, server.wsUrl, "telemetry");
  const devices = 50;
  const each = 200;
  const clients = await Promise.all(
    Array.from({ length: devices }, (_, i) =>
      connect(t, i % 2 === 0 ? server.mqttUrl : `${server.wsUrl}/mqtt`),
    ),
  );
  await Promise.all(
    clients.map(async (client, device) => {
      const sent: Promise<void>[] = [];
      for (let n = 0; n < each; n++)
        sent.push(client.publish(`devices/${device}/telemetry`, `{"n":${n}}`, (n % 3) as 0 | 1 | 2));
      await Promise.all(sent);
    }),
  );
  const seen = await channel.atLeast(devices * each);
  assert.equal(seen.length, devices * each);
  for (let device = 0; device < devices; device++) {
    const numbers = seen
      .filter(({ topic }) => topic === `devices/${device}/telemetry`)
      .map(({ data }) => (data as { n: number }).n);
    assert.equal(new Set(numbers).size, each, `device ${device}`);
    // Each QoS keeps its own order.
    for (const qos of [0, 1, 2]) {
      const own = numbers.filter((n) => n % 3 === qos);
      assert.deepEqual(
        own,
        [...own].sort((a, b) => a - b),
        `device ${device} at QoS ${qos}`,
      );
    }
  }
});

test("npx causeway simulate is seen on a channel, over TCP and over WebSocket", async (t) => {
  const server = await startServer(t);
  const channel = await channelClient(t, server.wsUrl, "mqtt:devices/#");
  const main = new URL("../../dist/main.js", import.meta.url).pathname;
  for (const [i, url] of [server.mqttUrl, `${server.wsUrl}/mqtt`].entries()) {
    const flags = ["--url", url, "--devices", "5", "--interval", "200ms", "--prefix", `fleet${i}-`];
    const fleet = started(process.execPath, [main, "simulate", ...flags]);
    t.after(() => fleet.child.kill());
    const ended = fleet.finished.then(({ stderr }) => assert.fail(`the fleet ended by itself: ${stderr}`));
    ended.catch(() => undefined);
    while (!channel.seen.some(({ topic }) => topic?.includes(`/fleet${i}-`) && topic.endsWith("/telemetry")))
      await Promise.race([
        new Promise((resolve) => channel.subscription.once("publication", resolve)),
        ended,
      ]);
    fleet.child.kill("SIGTERM");
    assert.equal((await fleet.finished).code, 0);
  }
});
