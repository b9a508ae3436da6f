import { Latency } from "../../measure/latency.js";
import { RssWatch } from "../../measure/rss-watch.js";
import { Alarm } from "../alarm.js";
import { Publisher } from "../clients/publisher.js";
import { Subscriber } from "../clients/subscriber.js";
import { drain } from "../drain.js";
import { Meter } from "../meter.js";
import type { Account, Load, Outcome } from "../plan.js";
import { supply } from "../supply.js";
import type { BacklogPlan } from "./plan.js";

const TOPIC = "bench/backlog";
const SLEEPER = "sleeper";
/** Messages that may be unacknowledged while they are queued. */
const WINDOW = 1_000;
const LONGEST_DRAIN_MS = 60_000;

/** How a client that comes back gets what has waited for it. */
export class BacklogLoad implements Load {
  readonly #plan: BacklogPlan;
  readonly #publisher: Publisher;
  readonly #alarm = new Alarm();
  #sleeper: Subscriber | undefined;

  private constructor(plan: BacklogPlan, publisher: Publisher) {
    this.#plan = plan;
    this.#publisher = publisher;
    publisher.onLost = this.#alarm.raise;
  }

  static async open(plan: BacklogPlan): Promise<BacklogLoad> {
    const { payloadBytes } = plan;
    const options = { name: "publisher", topic: TOPIC, payloadBytes, qos: 1 } as const;
    const load = new BacklogLoad(plan, await Publisher.open(plan.publisher, options));
    const away = await Subscriber.open(plan.subscriber, { name: SLEEPER, filter: TOPIC, qos: 1, kept: true });
    away.close();
    return load;
  }

  async run(): Promise<Outcome> {
    const queueing = performance.now();
    await this.#alarm.orRaised(supply(this.#publisher, this.#plan.messages, WINDOW));
    const queued = performance.now();
    const meter = new Meter(this.#plan.serverPid, () => this.#account.received);
    const memory = new RssWatch(this.#plan.serverPid);
    try {
      await this.#alarm.orRaised(this.#comeBack());
      const firstDelivery = performance.now() - queued;
      await this.#alarm.orRaised(drain(() => this.#account, LONGEST_DRAIN_MS));
      const account = { ...this.#account, latencySamples: 0 };
      const figures = {
        firstDelivery,
        delivered: account.received / account.expected,
        queuedPerSecond: (this.#plan.messages * 1000) / (queued - queueing),
        rssGrowth: memory.growth,
      };
      return { figures: { ...meter.figures(), ...figures }, account, notes: this.#notes };
    } finally {
      memory.stop();
    }
  }

  close(): void {
    this.#publisher.close();
    this.#sleeper?.close();
  }

  /** Resolves with the first delivery. */
  async #comeBack(): Promise<void> {
    this.#sleeper = await Subscriber.open(this.#plan.subscriber, { name: SLEEPER, qos: 1, kept: true });
    this.#sleeper.onLost = this.#alarm.raise;
    await this.#sleeper.learn({ latency: new Latency(), every: 1, onProgress: () => {} });
  }

  get #account(): Omit<Account, "latencySamples"> {
    const { messages } = this.#plan;
    // The first one is what the subscriber learns from, and not in its count.
    const received = this.#sleeper ? this.#sleeper.received + 1 : 0;
    const foreign = this.#sleeper?.foreign ?? 0;
    return { sent: messages, expected: messages, received, lost: messages - received, foreign, stalls: 0 };
  }

  get #notes(): string[] {
    const disordered = this.#sleeper?.disordered ?? 0;
    return disordered > 0 ? [`${disordered} deliveries were out of order.`] : [];
  }
}
