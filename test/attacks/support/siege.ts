import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Metrics } from "../../faults/support/metrics.js";
import { cpuOf, memoryOf } from "../../faults/support/process.js";
import type { LogLine, RunningServer } from "../../helpers/server.js";
import { metricsOf } from "./metrics.js";
import { type NeighbourOptions, Neighbours, type Seen } from "./neighbours.js";

const MIB = 1024 ** 2;
/** What the neighbours are promised, in ms, for 99 of 100 messages. */
const PROMISE_MS = 50;
/**
 * A machine that is busy with others, as when several test files run at once: it lets a process wait for longer than this for its
 * echo, or the server for more than this share of the time that it computes. A few milliseconds of work take many times as long then,
 * and all that can be said is that nothing stands still.
 */
const BUSY_MS = 5;
const BUSY_SHARE = 0.25;
const STALL_MS = 2_000;
/** Until both sides run compiled code. */
const WARM_UP_MS = 700;
/** Fewer samples make no percentile. */
const LEAST_SAMPLES = 100;
/** The time for which the server bounds its lines. */
const LINES_MS = 10_000;
/** Lines in that time: a few kinds, each limited to twenty, and what the neighbours' own coming and going logs. */
const MOST_LINES = 100;

export interface SiegeOptions {
  readonly neighbours?: NeighbourOptions;
  /** Bytes that the server may have more at its largest than before; what an attack may make it keep, and garbage. */
  readonly memory: number;
  /** Lines of log in {@link LINES_MS} at most. */
  readonly lines?: number;
  /** How long the attack goes on at least: a short one is looked at for as long as it takes to see what it left behind. */
  readonly least?: number;
}

/** What an attack did. */
export interface Siege {
  readonly seen: Seen;
  readonly before: Metrics;
  readonly after: Metrics;
  /** How much a counter rose, over all its labels. */
  rise(metric: string): number;
  /** What was logged meanwhile. */
  readonly lines: readonly LogLine[];
  /** Bytes. */
  readonly memory: { readonly before: number; readonly most: number };
  /** Ms of the server's processor time, and of the clock. */
  readonly cpu: number;
  readonly time: number;
  /** Ms that it could have computed and had no processor. */
  readonly waited: number;
  /** The machine was busy with others: how long something took says little. */
  readonly isBusy: boolean;
}

/**
 * Attacks a server beside well-behaved clients, and checks what every attack is held against: they lose nothing and hardly wait,
 * the server's memory stays in its bounds, and its log is not flooded. What the machine itself makes everybody wait is measured beside.
 */
export async function besiege(
  t: TestContext,
  server: RunningServer,
  options: SiegeOptions,
  attack: () => Promise<void>,
): Promise<Siege> {
  const neighbours = await Neighbours.start(t, server, options.neighbours);
  await pause(WARM_UP_MS);
  const before = await metricsOf(server);
  const memoryBefore = (await memoryOf(server)).now;
  const cpuBefore = await cpuOf(server);
  const waitBefore = await processorWaitOf(server);
  const linesBefore = server.log.length;
  await neighbours.begin();
  const began = performance.now();
  await Promise.all([attack(), pause(options.least ?? 2_500)]);
  const time = performance.now() - began;
  const cpu = (await cpuOf(server)) - cpuBefore;
  const waited = (await processorWaitOf(server)) - waitBefore;
  const seen = await neighbours.finish();
  assert.ok(server.alive);
  const after = await metricsOf(server);
  const memory = { before: memoryBefore, most: (await memoryOf(server)).most };
  const lines = server.log.slice(linesBefore);
  const rise = (metric: string) => after.sum(metric) - before.sum(metric);
  const isBusy = seen.machine > BUSY_MS || waited > BUSY_SHARE * cpu;
  const siege: Siege = { seen, before, after, rise, lines, memory, cpu, time, waited, isBusy };
  t.diagnostic(describe(siege));
  check(siege, options);
  return siege;
}

function check({ seen, memory, lines, time, isBusy }: Siege, options: SiegeOptions): void {
  assert.deepEqual(seen.faults, []);
  assert.ok(seen.count >= LEAST_SAMPLES, `${seen.count} samples`);
  const bound = isBusy ? STALL_MS : PROMISE_MS + seen.machine;
  const slowest = Math.max(seen.mqtt, seen.channel);
  assert.ok(
    slowest < bound,
    `the neighbours' p99 is ${slowest.toFixed(1)} ms; ${bound.toFixed(1)} ms is bearable`,
  );
  const more = memory.most - memory.before;
  assert.ok(
    more <= options.memory,
    `${mib(more)} MiB more than before; the bound is ${mib(options.memory)} MiB`,
  );
  // A siege begins and ends within such a time.
  const most = (options.lines ?? MOST_LINES) * (1 + Math.ceil(time / LINES_MS));
  assert.ok(lines.length <= most, `${lines.length} lines; the last one is ${JSON.stringify(lines.at(-1))}`);
}

function describe({ seen, memory, lines, cpu, time, waited }: Siege): string {
  const [mqtt, channel, longest, machine] = [seen.mqtt, seen.channel, seen.longest, seen.machine].map((ms) =>
    ms.toFixed(1),
  );
  const latency = `p99 ${mqtt} ms MQTT, ${channel} ms channel, longest ${longest} ms, the machine's own ${machine} ms`;
  const resident = `memory ${mib(memory.before)} MiB before, ${mib(memory.most)} MiB at most`;
  const load = `${Math.round((100 * cpu) / time)} % of a core for ${(time / 1_000).toFixed(1)} s, ${Math.round(waited)} ms without one`;
  return `${seen.count} messages: ${latency}; ${resident}; ${load}; ${lines.length} lines of log`;
}

/** Ms that the server's main thread was ready to run and another had the processor. */
async function processorWaitOf({ pid }: RunningServer): Promise<number> {
  const [, waiting] = (await readFile(`/proc/${pid}/schedstat`, "utf8")).split(" ");
  return Number(waiting) / 1e6;
}

function mib(bytes: number): number {
  return Math.round(bytes / MIB);
}
