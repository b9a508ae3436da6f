import { setTimeout as pass } from "node:timers/promises";
import { Latency } from "../../measure/latency.js";
import { Alarm } from "../alarm.js";
import { Publisher } from "../clients/publisher.js";
import { Subscriber } from "../clients/subscriber.js";
import { drain } from "../drain.js";
import { latencyFigures, Meter } from "../meter.js";
import { Pace } from "../pace.js";
import type { Account, Load, Outcome } from "../plan.js";
import type { SteadyPlan } from "./plan.js";

const TOPIC = "bench/steady";

/** A low and even rate, of which the latency of every delivery is taken. */
export class SteadyLoad implements Load {
  readonly #plan: SteadyPlan;
  readonly #publisher: Publisher;
  readonly #subscribers: Subscriber[] = [];
  readonly #alarm = new Alarm();
  readonly #latency = new Latency();
  readonly #pace: Pace;

  private constructor(plan: SteadyPlan, publisher: Publisher) {
    this.#plan = plan;
    this.#publisher = publisher;
    publisher.onLost = this.#alarm.raise;
    this.#pace = new Pace(plan.perSecond, (count) => publisher.send(count));
  }

  static async open(plan: SteadyPlan): Promise<SteadyLoad> {
    const { payloadBytes, qos } = plan;
    const options = { name: "publisher", topic: TOPIC, payloadBytes, qos };
    const load = new SteadyLoad(plan, await Publisher.open(plan.publisher, options));
    for (let number = 1; number <= plan.subscribers; number++) {
      const name = `subscriber-${number}`;
      const subscriber = await Subscriber.open(plan.subscriber, { name, filter: TOPIC, qos });
      subscriber.onLost = load.#alarm.raise;
      load.#subscribers.push(subscriber);
    }
    return load;
  }

  async run(): Promise<Outcome> {
    await this.#alarm.orRaised(this.#prepare());
    this.#pace.start();
    await this.#alarm.orRaised(pass(this.#plan.warmup * 1000));
    const meter = new Meter(this.#plan.serverPid, () => this.#account.received);
    this.#latency.clear();
    await this.#alarm.orRaised(pass(this.#plan.seconds * 1000));
    const figures = { ...meter.figures(), ...latencyFigures(this.#latency) };
    const { samples } = this.#latency.summary();
    this.#pace.stop();
    await this.#alarm.orRaised(drain(() => this.#account));
    return { figures, account: { ...this.#account, latencySamples: samples } };
  }

  close(): void {
    this.#pace.stop();
    for (const client of [this.#publisher, ...this.#subscribers]) client.close();
  }

  async #prepare(): Promise<void> {
    const clients = [this.#publisher, ...this.#subscribers];
    await Promise.all(clients.map((client) => client.settle()));
    const watch = { latency: this.#latency, every: 1, onProgress: () => {} };
    const learned = Promise.all(this.#subscribers.map((subscriber) => subscriber.learn(watch)));
    this.#publisher.teach();
    await learned;
  }

  get #account(): Omit<Account, "latencySamples"> {
    const { sent } = this.#publisher;
    const expected = sent * this.#subscribers.length;
    let [received, foreign] = [0, 0];
    for (const subscriber of this.#subscribers) {
      received += subscriber.received;
      foreign += subscriber.foreign;
    }
    return { sent, expected, received, lost: expected - received, foreign, stalls: 0 };
  }
}
