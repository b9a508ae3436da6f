import assert from "node:assert/strict";
import mqttPacket from "mqtt-packet";
import { numbered, RawMqtt } from "../../helpers/raw.js";
import { startServer } from "../../helpers/server.js";
import type { Teardown } from "../../helpers/teardown.js";
import { assertAsBefore } from "./as-before.js";
import { Metrics } from "./metrics.js";
import { PoliteClients } from "./polite.js";
import { memoryOf } from "./process.js";

const MIB = 1024 ** 2;
/** What a server may take above its configured bounds: code, buffers of sockets, garbage that is not collected yet. */
const SPARE = 200 * MIB;
const RETAINED = 100_000;
const DRAIN_MS = 1_000;

/** What a client may send without end although it never reads our answers. */
export const FLOODS: Readonly<Record<string, (number: number) => Buffer>> = {
  PINGREQ: () => mqttPacket.generate({ cmd: "pingreq" }),
  "QoS 1 PUBLISH": (number) => {
    const packet = {
      cmd: "publish",
      topic: "deaf",
      payload: "x",
      qos: 1,
      retain: false,
      dup: false,
    } as const;
    return mqttPacket.generate({ ...packet, messageId: identifier(number) });
  },
  "SUBSCRIBE to a large retained message": subscribePacket,
};

export interface DeafPlan {
  readonly flood: string;
  /** Whether large answers fill the buffers between the two before the flood begins. */
  readonly filled: boolean;
  /** Packets in one write, of which there are at most `writes`. */
  readonly batch: number;
  readonly writes: number;
  readonly milliseconds: number;
}

/** A client floods and never reads; it must be closed for that, and polite ones must not notice. */
export async function floodDeaf(t: Teardown, plan: DeafPlan): Promise<void> {
  const limits = { drainTimeout: `${DRAIN_MS}ms`, maxOutboxSize: "256KiB" };
  const server = await startServer(t, { config: { mqtt: limits } });
  const polite = await PoliteClients.start(t, server, 5);
  const publisher = await RawMqtt.connect(t, server);
  publisher.publish("deaf/retained", numbered(1, RETAINED), 1, true);
  await publisher.allAcknowledged(1);
  const atStart = await Metrics.read(server);
  const before = (await memoryOf(server)).now;

  const deaf = await RawMqtt.connect(t, server, { clientId: "deaf" });
  deaf.pause();
  if (plan.filled) await deaf.pour(Buffer.concat(Array.from({ length: 100 }, (_, i) => subscribePacket(i))));
  const packetOf = FLOODS[plan.flood] ?? subscribePacket;
  const batch = Buffer.concat(Array.from({ length: plan.batch }, (_, i) => packetOf(i)));
  const end = performance.now() + plan.milliseconds;
  for (let i = 0; i < plan.writes && !deaf.isClosed && performance.now() < end; i++) await deaf.pour(batch);
  const line = await server.logged(({ msg, client }) => msg === "client disconnected" && client === "deaf");
  assert.equal(line.reason, `the client read nothing for ${DRAIN_MS} ms`);

  await polite.finish();
  polite.assertNoStall();
  const { most } = await memoryOf(server);
  assert.ok(most <= before + SPARE, `${Math.round((most - before) / MIB)} MiB more than before`);
  await assertAsBefore(server, atStart);
}

function subscribePacket(number: number): Buffer {
  const subscriptions = [{ topic: "deaf/retained", qos: 0 } as const];
  return mqttPacket.generate({ cmd: "subscribe", messageId: identifier(number), subscriptions });
}

function identifier(number: number): number {
  return (number % 65_535) + 1;
}
