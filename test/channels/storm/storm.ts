import { connect } from "../../helpers/mqtt.js";
import { Phoenix } from "../../helpers/phoenix.js";
import type { Teardown } from "../../helpers/teardown.js";
import { Crowd, type CrowdOptions } from "./crowd.js";

export interface StormPlan extends Omit<CrowdOptions, "host"> {
  /** The history survives the server. */
  readonly persist: boolean;
  /** How long everybody may take, in ms. */
  readonly patience: number;
}

export interface StormReport {
  readonly faults: readonly string[];
  /** Clients that were told that they have everything, and those that were told that they have not. */
  readonly recovered: number;
  readonly unrecovered: number;
  /** Publications that each client has; fewest and most. */
  readonly fewest: number;
  readonly most: number;
  /** When each client was back, in ms after the server was, in order. */
  readonly times: readonly number[];
}

/** Messages before the server is killed, and after it is back and before most clients are. */
const BEFORE = 20;
const MEANWHILE = 10;

/** Kills the server under a crowd and starts it again. */
export async function storm(
  t: Teardown,
  { persist, patience, ...crowdPlan }: StormPlan,
): Promise<StormReport> {
  const rule = { channel: "storm", topics: ["storm/#"], history: { size: 1_000, persist } };
  const phoenix = await new Phoenix(t, { bridge: { channels: [rule] } }).rise();
  const crowd = new Crowd(t, { host: phoenix.server.addresses.http ?? "", ...crowdPlan });
  await crowd.everybody((client) => crowd.arrivals[client]?.length === 1, "there", patience);
  await publish(t, phoenix, 1, BEFORE);
  await crowd.everybody((client) => crowd.received[client]?.last === BEFORE, "served", patience);
  await phoenix.server.kill();
  await phoenix.rise();
  const risen = performance.now();
  await publish(t, phoenix, BEFORE + 1, BEFORE + MEANWHILE);
  await crowd.everybody((client) => crowd.arrivals[client]?.length === 2, "back", patience);
  await publish(t, phoenix, 1_000, 1_000);
  await crowd.everybody((client) => crowd.received[client]?.last === 1_000, "live again", patience);
  const back = crowd.arrivals.map((arrivals) => arrivals[1]);
  const counts = crowd.received.map(({ count }) => count);
  return {
    faults: crowd.faults,
    recovered: back.filter((arrival) => arrival?.wasRecovering && arrival.recovered).length,
    unrecovered: back.filter((arrival) => arrival?.wasRecovering && !arrival.recovered).length,
    fewest: Math.min(...counts),
    most: Math.max(...counts),
    times: back.map((arrival) => Math.round((arrival?.at ?? 0) - risen)).sort((a, b) => a - b),
  };
}

/** How many came in each part of the time, as a line a part. */
export function arrivalCurve(times: readonly number[], part: number): string {
  const parts = Math.floor((times.at(-1) ?? 0) / part) + 1;
  const counts = Array.from(
    { length: parts },
    (_, i) => times.filter((at) => Math.floor(at / part) === i).length,
  );
  return counts
    .map((count, i) => `${((i * part) / 1_000).toFixed(1).padStart(6)} s ${String(count).padStart(4)}`)
    .join("\n");
}

/** Each is acknowledged before the next. */
async function publish(t: Teardown, { server }: Phoenix, from: number, to: number): Promise<void> {
  const { client } = await connect(t, server.mqttUrl);
  for (let n = from; n <= to; n++) await client.publishAsync("storm/a", String(n), { qos: 1 });
  await client.endAsync();
}
