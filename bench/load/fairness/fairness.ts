import { setTimeout as pass } from "node:timers/promises";
import type { Figures } from "../../measure/figures.js";
import { Latency } from "../../measure/latency.js";
import { RssWatch } from "../../measure/rss-watch.js";
import { Alarm } from "../alarm.js";
import { Publisher } from "../clients/publisher.js";
import { Subscriber } from "../clients/subscriber.js";
import { drain } from "../drain.js";
import { latencyFigures, Meter } from "../meter.js";
import { Pace } from "../pace.js";
import type { Account, Load, Outcome } from "../plan.js";
import { Flood } from "./flood.js";
import type { FairnessPlan } from "./plan.js";

const FLOOD_TOPIC = "bench/flood";
const POLITE_TOPIC = "bench/polite";

interface Receivers {
  readonly polite: Subscriber;
  readonly flood: Subscriber;
}

/** Polite publishers beside one that floods, and how long their messages take. */
export class FairnessLoad implements Load {
  readonly #plan: FairnessPlan;
  readonly #polite: readonly Publisher[];
  readonly #flooder: Publisher;
  readonly #flood: Flood;
  readonly #receivers: Receivers;
  readonly #alarm = new Alarm();
  readonly #latency = new Latency();
  readonly #pace: Pace;
  readonly #notes: string[] = [];
  #turn = 0;

  private constructor(
    plan: FairnessPlan,
    polite: readonly Publisher[],
    flooder: Publisher,
    receivers: Receivers,
  ) {
    this.#plan = plan;
    this.#polite = polite;
    this.#flooder = flooder;
    this.#flood = new Flood(flooder);
    this.#receivers = receivers;
    // They take turns, so that they are spread evenly over the time.
    this.#pace = new Pace(plan.perSecond * polite.length, (count) => this.#sendPolitely(count));
    for (const client of [...polite, flooder, receivers.polite]) client.onLost = this.#alarm.raise;
    // A server may give up whoever it cannot pass the flood on to fast enough.
    receivers.flood.onLost = () => this.#notes.push("the subscriber of the flood was disconnected.");
  }

  static async open(plan: FairnessPlan): Promise<FairnessLoad> {
    const { publisher, subscriber, payloadBytes } = plan;
    const polite: Publisher[] = [];
    for (let number = 1; number <= plan.polite; number++) {
      const topic = `${POLITE_TOPIC}/${String(number).padStart(4, "0")}`;
      polite.push(await Publisher.open(publisher, { name: `polite-${number}`, topic, payloadBytes, qos: 0 }));
    }
    const flooder = { name: "flooder", topic: FLOOD_TOPIC, payloadBytes, qos: 0 } as const;
    return new FairnessLoad(plan, polite, await Publisher.open(publisher, flooder), {
      polite: await Subscriber.open(subscriber, { name: "listener", filter: `${POLITE_TOPIC}/+`, qos: 0 }),
      flood: await Subscriber.open(subscriber, { name: "flooded", filter: FLOOD_TOPIC, qos: 0 }),
    });
  }

  async run(): Promise<Outcome> {
    await this.#alarm.orRaised(this.#prepare());
    this.#pace.start();
    const memory = new RssWatch(this.#plan.serverPid);
    this.#flood.start();
    try {
      await this.#alarm.orRaised(pass(this.#plan.warmup * 1000));
      const figures = await this.#measure();
      this.#pace.stop();
      this.#flood.stop();
      const { samples } = this.#latency.summary();
      await this.#alarm.orRaised(drain(() => this.#account));
      return {
        figures: { ...figures, rssBefore: memory.first, rssMost: memory.most },
        account: { ...this.#account, latencySamples: samples },
        notes: this.#notes,
      };
    } finally {
      memory.stop();
    }
  }

  close(): void {
    this.#pace.stop();
    this.#flood.stop();
    const { polite, flood } = this.#receivers;
    for (const client of [...this.#polite, this.#flooder, polite, flood]) client.close();
  }

  async #prepare(): Promise<void> {
    const { polite, flood } = this.#receivers;
    await Promise.all([...this.#polite, this.#flooder, polite, flood].map((client) => client.settle()));
    const quiet = { latency: new Latency(), every: Number.POSITIVE_INFINITY, onProgress: () => {} };
    const learned = Promise.all([
      polite.learn({ latency: this.#latency, every: 1, onProgress: () => {} }),
      flood.learn(quiet),
    ]);
    this.#polite[0]?.teach();
    this.#flooder.teach();
    await learned;
  }

  async #measure(): Promise<Figures> {
    const { serverPid, seconds } = this.#plan;
    const meter = new Meter(serverPid, () => this.#receivers.polite.received);
    this.#latency.clear();
    const before = this.#flood.sent;
    await this.#alarm.orRaised(pass(seconds * 1000));
    const floodPerSecond = (this.#flood.sent - before) / seconds;
    return { ...meter.figures(), ...latencyFigures(this.#latency), floodPerSecond };
  }

  #sendPolitely(count: number): void {
    for (let index = 0; index < count; index++) {
      this.#polite[this.#turn]?.send(1);
      this.#turn = (this.#turn + 1) % this.#polite.length;
    }
  }

  /** Of the polite ones: what is dropped of a flood at QoS 0 is nobody's loss. */
  get #account(): Omit<Account, "latencySamples"> {
    const { received, foreign } = this.#receivers.polite;
    const sent = this.#polite.reduce((sum, publisher) => sum + publisher.sent, 0);
    return { sent, expected: sent, received, lost: sent - received, foreign, stalls: 0 };
  }
}
