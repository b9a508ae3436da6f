import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import type { PieChannel } from "piesocket-js";
import { connect } from "../helpers/mqtt.js";
import { startServer } from "../helpers/server.js";
import { eventually } from "./support/eventually.js";
import { pieCertificate, pieSocket } from "./support/piesocket.js";

const SECRET = "a secret that nobody will ever guess";
const KEY = "a-key-of-sufficient-length";
const WRONG = "a-key-that-nobody-knows";

async function memberOf(channel: PieChannel): Promise<string | undefined> {
  await eventually(() => channel.getCurrentMember() !== null, "it is a member");
  return channel.getCurrentMember()?.user;
}

/** A token as a backend makes it. */
function jwt(claims: object): string {
  const inHour = Math.floor(Date.now() / 1000) + 3_600;
  const parts = [
    { alg: "HS256", typ: "JWT" },
    { exp: inHour, ...claims },
  ];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
}

test("PieSocket's client and a device, with the whole server between them", async (t) => {
  const { directory, ca } = await pieCertificate(t);
  const server = await startServer(t, {
    config: {
      log: { level: "debug" },
      tls: { cert: join(directory, "cert.pem"), key: join(directory, "key.pem") },
      gateway: { apiKeys: [KEY] },
      tokens: { secret: SECRET },
      bridge: {
        channels: [
          {
            channel: "device-{id}",
            topics: ["devices/{id}/telemetry"],
            publish: { topic: "devices/{id}/commands", qos: 1 },
            presence: true,
          },
          { channel: "chat", topics: ["chat"], publish: { topic: "chat", qos: 1, retain: true } },
          { channel: "private-{id}", topics: ["private/{id}"], requireToken: true, presence: true },
        ],
      },
    },
    args: ["--log-level", "debug"],
  });
  const device = await connect(t, server.mqttUrl);
  await device.subscribe("devices/7/commands", 1);
  const options = { clusterDomain: server.addresses.http, presence: 1, userId: "ann" };
  const stranger = await pieSocket(t, ca, { ...options, apiKey: WRONG });
  await assert.rejects(stranger.subscribe("device-7"), /^Failed to make websocket connection/);

  const channel = await (await pieSocket(t, ca, { ...options, apiKey: KEY })).subscribe("device-7");
  const told: unknown[] = [];
  channel.listen("message", (data, { topic }: { topic: string }) => told.push([data, topic]));
  await device.publish("devices/7/telemetry", '{"c":21.5}', 1);
  await eventually(() => told.length === 1, "the page hears the device");
  assert.deepEqual(told, [[{ c: 21.5 }, "devices/7/telemetry"]]);
  assert.equal(await memberOf(channel), "ann");

  await channel.publish("relay", { on: true }, { from: "the page" });
  const [command] = await device.messages(1);
  assert.deepEqual([command?.payload, command?.qos], ['{"on":true}', 1]);
  const { presence: _, ...plain } = options;
  const ann = await (await pieSocket(t, ca, { ...plain, apiKey: KEY })).subscribe("chat");
  const bob = await (await pieSocket(t, ca, { ...plain, apiKey: KEY })).subscribe("chat");
  const chat: unknown[] = [];
  for (const [name, client] of Object.entries({ ann, bob }))
    client.listen("*", (event, data, { n }: { n?: number }) => chat.push([name, event, data, n]));
  await ann.publish("typing", "hello", { n: 1 });
  await eventually(() => chat.length === 1, "bob heard ann");
  await bob.publish("answer", "you");
  await eventually(() => chat.length === 2, "ann heard bob");
  assert.deepEqual(chat, [
    ["bob", "typing", "hello", 1],
    ["ann", "answer", "you", undefined],
  ]);

  for (const claims of [{ channels: ["private-1"] }, { channel: "private-1" }]) {
    const token = jwt({ sub: "cid", ...claims });
    const cid = await pieSocket(t, ca, { ...options, jwt: token });
    assert.equal(await cid.subscribe("private-1").then((it) => memberOf(it)), "cid");
    await assert.rejects(cid.subscribe("private-2"), /^Failed to make websocket connection/);
  }

  const refused = await server.logged(({ msg }) => msg === "session refused");
  assert.equal(refused.error, "an api_key, a jwt or a signed URL is needed");
  assert.doesNotMatch(JSON.stringify(server.log), new RegExp(`${KEY}|${WRONG}|${SECRET}|eyJ`));
});
