import { machineCpu, processCpu } from "../measure/cpu.js";
import type { Figures } from "../measure/figures.js";
import type { Latency } from "../measure/latency.js";
import { processMemory } from "../measure/memory.js";

interface Reading {
  readonly at: number;
  readonly deliveries: number;
  readonly serverCpu: number;
  readonly generatorCpu: number;
  readonly machineCpu: number;
}

/** What a server does and costs from one moment to another. */
export class Meter {
  readonly #serverPid: number;
  readonly #deliveries: () => number;
  #before: Reading;

  constructor(serverPid: number, deliveries: () => number) {
    this.#serverPid = serverPid;
    this.#deliveries = deliveries;
    this.#before = this.#read();
  }

  start(): void {
    this.#before = this.#read();
  }

  /** Since the start. */
  figures(): Figures {
    const [before, after] = [this.#before, this.#read()];
    const seconds = (after.at - before.at) / 1000;
    const deliveries = after.deliveries - before.deliveries;
    const server = after.serverCpu - before.serverCpu;
    const generator = after.generatorCpu - before.generatorCpu;
    const memory = processMemory(this.#serverPid);
    return {
      deliveriesPerSecond: deliveries / seconds,
      cpuPerDelivery: (server * 1e6) / deliveries,
      rss: memory.rss,
      peakRss: memory.peak,
      serverCpu: server / seconds,
      generatorCpu: generator / seconds,
      otherCpu: Math.max(0, after.machineCpu - before.machineCpu - server - generator) / seconds,
    };
  }

  #read(): Reading {
    return {
      at: performance.now(),
      deliveries: this.#deliveries(),
      serverCpu: processCpu(this.#serverPid),
      generatorCpu: processCpu(process.pid),
      machineCpu: machineCpu(),
    };
  }
}

/** The percentiles of a latency, as figures; none when nothing was recorded. */
export function latencyFigures(latency: Latency): Figures {
  const { samples, p50, p99, max } = latency.summary();
  return samples > 0 ? { p50, p99, max } : {};
}
