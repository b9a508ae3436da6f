import assert from "node:assert/strict";
import { RawMqtt } from "../../helpers/raw.js";
import { startServer } from "../../helpers/server.js";
import type { Teardown } from "../../helpers/teardown.js";
import { assertAsBefore } from "./as-before.js";
import { FloodReader, floodBatch } from "./flood-reader.js";
import { Metrics } from "./metrics.js";
import { PoliteClients } from "./polite.js";
import { memoryOf } from "./process.js";

const MIB = 1024 ** 2;
/** What a server may take above its configured bounds: code, buffers of sockets, garbage that is not collected yet. */
const SPARE = 200 * MIB;
const BATCH = 500;
/** How long the slow reader rests after every read. */
const REST_MS = 100;
/** Enough to fill the buffers of the kernel and the outbox of the slow reader, however busy the machine is. */
const LEAST = 150_000;

export interface FloodFigures {
  readonly sent: number;
  readonly dropped: number;
  readonly polite: PoliteClients;
  readonly memory: { readonly before: number; readonly most: number };
}

/** One client floods QoS 0 as fast as its socket takes it, beside twenty polite ones. */
export async function flood(t: Teardown, seconds: number): Promise<FloodFigures> {
  const maxOutboxSize = MIB;
  const server = await startServer(t, { config: { mqtt: { maxOutboxSize } } });
  const atStart = await Metrics.read(server);
  const before = (await memoryOf(server)).now;
  const polite = await PoliteClients.start(t, server);
  const quick = await FloodReader.open(t, server, "quick");
  const slow = await FloodReader.open(t, server, "slow", REST_MS);
  const flooder = await RawMqtt.connect(t, server, { clientId: "flooder" });

  let sent = 0;
  for (
    const end = performance.now() + seconds * 1_000;
    performance.now() < end || sent < LEAST;
    sent += BATCH
  ) {
    await flooder.pour(floodBatch(sent, BATCH));
    if (sent % (20 * BATCH) === 0) await new Promise((resolve) => setImmediate(resolve)); // read what has come
  }
  await flooder.ping();
  await polite.finish();
  slow.restMs = 0;
  const { dropped } = await Metrics.read(server);
  const accountedFor = () => slow.received + quick.received + dropped >= 2 * sent;
  await FloodReader.until([slow, quick], accountedFor);
  const figures = `sent ${sent}, quick got ${quick.received}, slow got ${slow.received}, dropped ${dropped}`;
  assert.equal(slow.received + quick.received + dropped, 2 * sent, figures);
  assert.equal(quick.received, sent, figures);
  assert.ok(dropped > 0, figures);
  assert.deepEqual([quick.fault, slow.fault], [undefined, undefined]);
  const { most } = await memoryOf(server);
  const bound = before + 2 * maxOutboxSize + SPARE;
  assert.ok(most <= bound, `${Math.round(most / MIB)} MiB; the bound is ${Math.round(bound / MIB)} MiB`);

  await polite.end();
  for (const reader of [quick, slow]) await reader.end();
  await flooder.end();
  await assertAsBefore(server, atStart);
  return { sent, dropped, polite, memory: { before, most } };
}
