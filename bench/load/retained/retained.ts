import { Latency } from "../../measure/latency.js";
import { processMemory } from "../../measure/memory.js";
import { Alarm } from "../alarm.js";
import { Client } from "../clients/client.js";
import { clock } from "../clients/payload.js";
import type { Load, Outcome } from "../plan.js";
import { PUBLISH } from "../protocols/mqtt.js";
import { supply } from "../supply.js";
import { Keeper, retainedTopic } from "./keeper.js";
import type { RetainedPlan } from "./plan.js";

/** Retained messages that may be unacknowledged. */
const WINDOW = 1_000;
const LOOKUPS = 100;

/** How long it takes to be told one retained message among few, and among many. */
export class RetainedLoad implements Load {
  readonly #plan: RetainedPlan;
  readonly #keeper: Keeper;
  readonly #reader: Client;
  readonly #alarm = new Alarm();

  private constructor(plan: RetainedPlan, keeper: Keeper, reader: Client) {
    this.#plan = plan;
    this.#keeper = keeper;
    this.#reader = reader;
    keeper.onLost = this.#alarm.raise;
    reader.link.onLost = (reason) => this.#alarm.raise(`the reader lost its connection: ${reason}`);
  }

  static async open(plan: RetainedPlan): Promise<RetainedLoad> {
    const keeper = await Keeper.open(plan.publisher, plan.payloadBytes);
    return new RetainedLoad(plan, keeper, await Client.open(plan.subscriber, { name: "reader" }));
  }

  async run(): Promise<Outcome> {
    const { few, many, serverPid } = this.#plan;
    await this.#keep(few);
    const atFew = await this.#lookUp(few);
    const started = performance.now();
    await this.#keep(many - few);
    const seconds = (performance.now() - started) / 1000;
    const atMany = await this.#lookUp(many);
    return {
      figures: {
        answerFew: atFew.p50,
        answerMany: atMany.p50,
        growth: atMany.p50 / atFew.p50,
        p99: atMany.p99,
        max: atMany.max,
        retainedPerSecond: (many - few) / seconds,
        rss: processMemory(serverPid).rss,
      },
    };
  }

  close(): void {
    this.#keeper.close();
    this.#reader.close();
  }

  #keep(messages: number): Promise<void> {
    return this.#alarm.orRaised(supply(this.#keeper, messages, WINDOW));
  }

  /** Subscribes to exact topics that lie evenly among all, one after the other. */
  async #lookUp(total: number) {
    const latency = new Latency();
    for (let index = 0; index < LOOKUPS; index++) {
      const started = clock();
      await this.#alarm.orRaised(this.#ask(retainedTopic(Math.floor((index * total) / LOOKUPS))));
      latency.record(clock() - started);
    }
    return latency.summary();
  }

  async #ask(topic: string): Promise<void> {
    await this.#reader.subscribe([topic], 0);
    const message = await this.#reader.inbox.next(`retained message of ${topic}`);
    if (((message[0] ?? 0) & 0xf0) !== PUBLISH || !message.includes(topic))
      throw new Error(`a subscription to ${topic} was answered with ${message.toString("hex", 0, 40)}`);
  }
}
