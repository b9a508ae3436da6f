import { setTimeout as pass } from "node:timers/promises";
import { machineCpu, processCpu } from "../measure/cpu.js";
import { Latency } from "../measure/latency.js";
import { processMemory } from "../measure/memory.js";
import { Audience } from "./audience.js";
import type { Outcome, Plan } from "./plan.js";
import { Publisher } from "./publisher.js";
import { Window } from "./window.js";

/** How often it is looked whether the window stalls. */
const WATCH_MS = 50;
/** What has not arrived when nothing has for this long is lost. */
const QUIET_MS = 500;
const LONGEST_DRAIN_MS = 10_000;

interface Reading {
  readonly at: number;
  readonly deliveries: number;
  readonly serverCpu: number;
  readonly generatorCpu: number;
  readonly machineCpu: number;
}

/** Puts a server under load and measures it. */
export class Generator {
  readonly #plan: Plan;
  readonly #audience = new Audience();
  readonly #publisher: Publisher;
  readonly #window: Window;
  readonly #latency = new Latency();
  readonly #lost: Promise<never>;
  #onLost: (reason: string) => void = () => {};
  #sending = false;
  #turnQueued = false;

  private constructor(plan: Plan, publisher: Publisher) {
    this.#plan = plan;
    this.#publisher = publisher;
    this.#window = new Window(plan.window);
    this.#lost = new Promise((_, reject) => {
      this.#onLost = (reason) => reject(new Error(reason));
    });
    // It may be lost when nobody waits.
    this.#lost.catch(() => {});
    publisher.onLost = this.#onLost;
    publisher.onReady = () => this.#progressed();
  }

  static async open(plan: Plan): Promise<Generator> {
    const publisher = await Publisher.open(plan.publisher, plan.topic, plan.payloadBytes);
    const generator = new Generator(plan, publisher);
    await generator.#audience.open(plan, generator.#onLost);
    return generator;
  }

  async run(): Promise<Outcome> {
    const learned = this.#audience.learn(this.#latency, () => this.#progressed());
    this.#publisher.teach();
    await this.#orLost(learned);
    this.#sending = true;
    const watch = setInterval(() => this.#fill(), WATCH_MS);
    try {
      this.#fill();
      await this.#orLost(pass(this.#plan.warmup * 1000));
      const measured = await this.#measure();
      this.#sending = false;
      await this.#orLost(this.#drain());
      return { ...this.#totals(), measured };
    } finally {
      clearInterval(watch);
    }
  }

  close(): void {
    this.#publisher.close();
    this.#audience.close();
  }

  async #measure(): Promise<Outcome["measured"]> {
    this.#latency.clear();
    const before = this.#reading();
    await this.#orLost(pass(this.#plan.seconds * 1000));
    const after = this.#reading();
    const serverCpu = after.serverCpu - before.serverCpu;
    const generatorCpu = after.generatorCpu - before.generatorCpu;
    return {
      seconds: (after.at - before.at) / 1000,
      deliveries: after.deliveries - before.deliveries,
      serverCpu,
      generatorCpu,
      otherCpu: Math.max(0, after.machineCpu - before.machineCpu - serverCpu - generatorCpu),
      latency: this.#latency.summary(),
      memory: processMemory(this.#plan.serverPid),
    };
  }

  #reading(): Reading {
    return {
      at: performance.now(),
      deliveries: this.#audience.received,
      serverCpu: processCpu(this.#plan.serverPid),
      generatorCpu: processCpu(process.pid),
      machineCpu: machineCpu(),
    };
  }

  #totals() {
    const { sent } = this.#publisher;
    const { received, foreign, size } = this.#audience;
    return { sent, received, lost: sent * size - received, stalls: this.#window.stalls, foreign };
  }

  /** Waits for what is still under way. */
  async #drain(): Promise<void> {
    const deadline = performance.now() + LONGEST_DRAIN_MS;
    let received = -1;
    let quietSince = performance.now();
    while (performance.now() < deadline && this.#totals().lost > 0) {
      if (this.#audience.received > received) quietSince = performance.now();
      else if (performance.now() - quietSince > QUIET_MS) return;
      received = this.#audience.received;
      await pass(WATCH_MS);
    }
  }

  /** Looked at once a turn: within one the sockets of many subscribers are read. */
  #progressed(): void {
    if (this.#turnQueued) return;
    this.#turnQueued = true;
    setImmediate(() => {
      this.#turnQueued = false;
      this.#fill();
    });
  }

  #fill(): void {
    if (!this.#sending || !this.#publisher.ready) return;
    const room = this.#window.room(this.#publisher.sent, this.#audience.progress, performance.now());
    if (room > 0) this.#publisher.send(room);
  }

  #orLost<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#lost]);
  }
}
