import { setTimeout as pass } from "node:timers/promises";
import type { Figures } from "../../measure/figures.js";
import { Latency } from "../../measure/latency.js";
import { RssWatch } from "../../measure/rss-watch.js";
import { Alarm } from "../alarm.js";
import { Publisher } from "../clients/publisher.js";
import { Subscriber } from "../clients/subscriber.js";
import { Debt } from "../debt.js";
import { drain } from "../drain.js";
import { latencyFigures, Meter } from "../meter.js";
import { Pace } from "../pace.js";
import type { Account, Load, Outcome } from "../plan.js";
import { Gap } from "./gap.js";
import type { FrozenPlan } from "./plan.js";

const TOPIC = "bench/frozen";

/** A subscriber that stops reading, and what one beside it then gets. */
export class FrozenLoad implements Load {
  readonly #plan: FrozenPlan;
  readonly #publisher: Publisher;
  readonly #healthy: Subscriber;
  readonly #frozen: Subscriber;
  readonly #alarm = new Alarm();
  readonly #latency = new Latency();
  readonly #gap = new Gap();
  readonly #debt: Debt;
  readonly #pace: Pace;

  private constructor(plan: FrozenPlan, publisher: Publisher, healthy: Subscriber, frozen: Subscriber) {
    this.#plan = plan;
    this.#publisher = publisher;
    this.#healthy = healthy;
    this.#frozen = frozen;
    this.#debt = new Debt(publisher);
    this.#pace = new Pace(plan.perSecond, (count, firstAt) => this.#debt.add(count, firstAt));
    for (const client of [publisher, healthy, frozen]) client.onLost = this.#alarm.raise;
  }

  static async open(plan: FrozenPlan): Promise<FrozenLoad> {
    const { payloadBytes, qos, kept } = plan;
    const sender = { name: "publisher", topic: TOPIC, payloadBytes, qos };
    const receiver = { filter: TOPIC, qos };
    return new FrozenLoad(
      plan,
      await Publisher.open(plan.publisher, sender),
      await Subscriber.open(plan.subscriber, { ...receiver, name: "healthy" }),
      await Subscriber.open(plan.subscriber, { ...receiver, name: "frozen", kept }),
    );
  }

  async run(): Promise<Outcome> {
    await this.#alarm.orRaised(this.#prepare());
    this.#pace.start();
    await this.#alarm.orRaised(pass(this.#plan.warmup * 1000));
    const figures = await this.#measure();
    const { samples } = this.#latency.summary();
    this.#pace.stop();
    await this.#alarm.orRaised(drain(() => this.#account));
    const account = { ...this.#account, latencySamples: samples };
    const delivered = account.received / account.expected;
    return { figures: { ...figures, delivered }, account, notes: this.#notes };
  }

  close(): void {
    this.#pace.stop();
    for (const client of [this.#publisher, this.#healthy, this.#frozen]) client.close();
  }

  async #prepare(): Promise<void> {
    const clients = [this.#publisher, this.#healthy, this.#frozen];
    await Promise.all(clients.map((client) => client.settle()));
    const learned = Promise.all([
      this.#healthy.learn({ latency: this.#latency, every: 1, onProgress: this.#gap.arrived }),
      this.#frozen.learn({ latency: new Latency(), every: Number.POSITIVE_INFINITY, onProgress: () => {} }),
    ]);
    this.#publisher.teach();
    await learned;
  }

  /** From the moment at which one of them stops reading. */
  async #measure(): Promise<Figures> {
    const { serverPid, seconds } = this.#plan;
    const meter = new Meter(serverPid, () => this.#healthy.received);
    const memory = new RssWatch(serverPid);
    this.#latency.clear();
    this.#gap.clear();
    this.#frozen.freeze();
    await this.#alarm.orRaised(pass(seconds * 1000)).finally(() => memory.stop());
    return {
      ...meter.figures(),
      ...latencyFigures(this.#latency),
      longestGap: this.#gap.longest,
      rssGrowth: memory.growth,
    };
  }

  /** Of the healthy one. What was due and could not even be sent did not reach it either. */
  get #account(): Omit<Account, "latencySamples"> {
    const { received, foreign } = this.#healthy;
    const expected = this.#debt.due;
    return { sent: this.#publisher.sent, expected, received, lost: expected - received, foreign, stalls: 0 };
  }

  get #notes(): string[] {
    const { disordered } = this.#healthy;
    return [
      ...(disordered > 0 ? [`${disordered} deliveries to the healthy subscriber were out of order.`] : []),
      ...(this.#publisher.sent < this.#debt.due ? ["the server took no more from the publisher."] : []),
    ];
  }
}
