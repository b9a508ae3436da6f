import { setTimeout as pass } from "node:timers/promises";
import type { Figures } from "../../measure/figures.js";
import { Latency } from "../../measure/latency.js";
import { RssWatch } from "../../measure/rss-watch.js";
import { Alarm } from "../alarm.js";
import { Audience } from "../clients/audience.js";
import { Publisher } from "../clients/publisher.js";
import { drain } from "../drain.js";
import { latencyFigures, Meter } from "../meter.js";
import { onceATurn } from "../once-a-turn.js";
import { Pace } from "../pace.js";
import type { Account, Load, Outcome } from "../plan.js";
import { type Supplier, supply } from "../supply.js";
import type { SteadyPlan } from "./plan.js";

const TOPIC = "bench/steady";
/** Messages of the lead-in that may be on their way. */
const LEAD_IN_WINDOW = 10;
/** A server that has lost some of them is not waited for any longer. */
const LEAD_IN_MS = 60_000;

/** A low and even rate, of which the latency of every delivery is taken. */
export class SteadyLoad implements Load {
  readonly #plan: SteadyPlan;
  readonly #publisher: Publisher;
  readonly #audience: Audience;
  readonly #alarm: Alarm;
  readonly #latency = new Latency();
  readonly #pace: Pace;
  #progressed = () => {};

  private constructor(plan: SteadyPlan, publisher: Publisher, audience: Audience, alarm: Alarm) {
    this.#plan = plan;
    this.#publisher = publisher;
    this.#audience = audience;
    this.#alarm = alarm;
    publisher.onLost = alarm.raise;
    this.#pace = new Pace(plan.perSecond, (count) => publisher.send(count));
  }

  static async open(plan: SteadyPlan): Promise<SteadyLoad> {
    const { payloadBytes, qos, subscribers, frozenEvery } = plan;
    const alarm = new Alarm();
    const sender = { name: "publisher", topic: TOPIC, payloadBytes, qos };
    const receivers = { name: "subscriber", size: subscribers, frozenEvery, filter: TOPIC, qos };
    return new SteadyLoad(
      plan,
      await Publisher.open(plan.publisher, sender),
      await Audience.open(plan.subscriber, { ...receivers, onLost: alarm.raise }),
      alarm,
    );
  }

  async run(): Promise<Outcome> {
    await this.#alarm.orRaised(this.#prepare());
    const memory = new RssWatch(this.#plan.serverPid);
    const figures = await this.#measure().finally(() => memory.stop());
    const { samples } = this.#latency.summary();
    this.#pace.stop();
    await this.#alarm.orRaised(drain(() => this.#account));
    const account = { ...this.#account, latencySamples: samples };
    const delivered = account.received / account.expected;
    return { figures: { ...figures, ...memory.figures(), delivered }, account };
  }

  close(): void {
    this.#pace.stop();
    for (const client of [this.#publisher, this.#audience]) client.close();
  }

  async #prepare(): Promise<void> {
    await Promise.all([this.#publisher.settle(), this.#audience.settle()]);
    const onProgress = () => this.#progressed();
    const learned = this.#audience.learn({ latency: this.#latency, every: 1, onProgress });
    this.#publisher.teach();
    await learned;
  }

  async #leadIn(): Promise<void> {
    const [publisher, audience] = [this.#publisher, this.#audience];
    const supplier: Supplier = {
      ready: true,
      get unacknowledged() {
        return publisher.sent - audience.progress;
      },
      onReady: () => {},
      send: (messages) => publisher.send(messages),
    };
    this.#progressed = onceATurn(() => supplier.onReady());
    const supplied = supply(supplier, this.#plan.leadIn ?? 0, LEAD_IN_WINDOW);
    await Promise.race([supplied, pass(LEAD_IN_MS, undefined, { ref: false })]);
    this.#progressed = () => {};
  }

  async #measure(): Promise<Figures> {
    const { serverPid, warmup, seconds } = this.#plan;
    this.#audience.freeze();
    await this.#alarm.orRaised(this.#leadIn());
    this.#pace.start();
    await this.#alarm.orRaised(pass(warmup * 1000));
    const meter = new Meter(serverPid, () => this.#audience.received);
    this.#latency.clear();
    await this.#alarm.orRaised(pass(seconds * 1000));
    return { ...meter.figures(), ...latencyFigures(this.#latency) };
  }

  get #account(): Omit<Account, "latencySamples"> {
    const { sent } = this.#publisher;
    const { healthy, received, foreign } = this.#audience;
    const expected = sent * healthy.length;
    return { sent, expected, received, lost: expected - received, foreign, stalls: 0 };
  }
}
