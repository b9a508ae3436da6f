import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { Metrics } from "../faults/support/metrics.js";
import { RawMqtt } from "../helpers/raw.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { besiege } from "./support/siege.js";

const MIB = 1024 ** 2;
const STRANGERS = 200;
const CLIENTS = 20;
/** What each sends after its header, if the server lets it. */
const BODY = Buffer.alloc(256 * 1024, "x");
/** The longest that a packet can say it holds [MQTT-2.2.3]. */
const LONGEST = [0xff, 0xff, 0xff, 0x7f];

test("packets that announce 256 MiB are refused at their first bytes, before and after CONNECT", async (t) => {
  const server = await startServer(t);
  const siege = await besiege(t, server, { memory: 64 * MIB }, async () => {
    for (let i = 0; i < STRANGERS; i++) await announced(t, server, 0x10);
    for (let i = 0; i < CLIENTS; i++) await publishes(t, server);
  });
  assert.equal(siege.rise("mqtt_client_errors_total"), STRANGERS + CLIENTS);
  const reasons = siege.lines.map(({ reason }) => String(reason));
  assert.ok(reasons.some((reason) => /CONNECT|limits\.unauthenticatedSize|mqtt\.maxPacketSize/.test(reason)));
  assert.ok(reasons.some((reason) => reason.includes("mqtt.maxPacketSize")));
  const connected = siege.before.get("mqtt_connections");
  await Metrics.until(server, (now) => now.get("mqtt_connections") === connected, "the attackers are gone");
});

/** A packet of this kind as the first one, and as much of it as the server takes. */
async function announced(t: TestContext, { mqtt }: RunningServer, kind: number): Promise<void> {
  const socket: Socket = connect(mqtt.port, mqtt.host);
  t.after(() => socket.destroy());
  const closed = once(socket, "close");
  socket.on("error", () => undefined).resume();
  socket.write(Buffer.concat([Buffer.from([kind, ...LONGEST]), BODY]));
  await closed;
}

/** The same as a PUBLISH of a client that was let in. */
async function publishes(t: TestContext, server: RunningServer): Promise<void> {
  const client = await RawMqtt.connect(t, server);
  client.sendBytes(Buffer.concat([Buffer.from([0x30, ...LONGEST, 0, 1, 0x61]), BODY]));
  await client.closed;
}
