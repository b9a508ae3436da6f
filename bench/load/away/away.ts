import { setTimeout as pass } from "node:timers/promises";
import type { Figures } from "../../measure/figures.js";
import { Latency } from "../../measure/latency.js";
import { Alarm } from "../alarm.js";
import { Publisher } from "../clients/publisher.js";
import { Sleeper } from "../clients/sleeper.js";
import { talliedTopic } from "../clients/tally.js";
import { DiskMeter } from "../disk-meter.js";
import { drain } from "../drain.js";
import { Meter } from "../meter.js";
import { onceATurn } from "../once-a-turn.js";
import type { Load, Outcome } from "../plan.js";
import type { AwayPlan } from "./plan.js";

const BEGINNING = "bench/away";
/** Messages are sent when there is room for no less than this part of the window. */
const SMALLEST_BATCH = 1 / 8;

/** How fast messages are taken that have to wait, and whether all of them are there in the end. */
export class AwayLoad implements Load {
  readonly #plan: AwayPlan;
  readonly #publishers: Publisher[] = [];
  readonly #alarm = new Alarm();
  readonly #acknowledged = new Latency();
  readonly #sleeper: Sleeper;
  #sending = false;
  readonly #progressed = onceATurn(() => this.#fill());

  private constructor(plan: AwayPlan, sleeper: Sleeper) {
    this.#plan = plan;
    this.#sleeper = sleeper;
    sleeper.onLost = this.#alarm.raise;
  }

  static async open(plan: AwayPlan): Promise<AwayLoad> {
    const load = new AwayLoad(plan, await Sleeper.leave(plan.subscriber, `${BEGINNING}/+`));
    for (let number = 1; number <= plan.publishers; number++) await load.#addPublisher(number);
    return load;
  }

  async run(): Promise<Outcome> {
    this.#sending = true;
    this.#fill();
    const figures = await this.#measure();
    this.#sending = false;
    const state = () => ({ received: this.#taken, lost: this.#underWay });
    await this.#alarm.orRaised(drain(state));
    const unanswered = this.#underWay;
    await this.#alarm.orRaised(this.#sleeper.comeBack(this.#publishers.map(({ sent }) => sent)));
    await this.#alarm.orRaised(this.#sleeper.getAll());
    const { account, tally, perSecond } = this.#sleeper;
    const notes = unanswered > 0 ? [`${unanswered} messages were never acknowledged.`] : [];
    return {
      figures: {
        ...figures,
        delivered: tally.received / tally.expected,
        deliveriesPerSecond: perSecond,
      },
      account,
      notes: [...notes, ...tally.notes],
    };
  }

  close(): void {
    this.#sending = false;
    for (const publisher of this.#publishers) publisher.close();
    this.#sleeper.close();
  }

  async #addPublisher(number: number): Promise<void> {
    const { payloadBytes } = this.#plan;
    const topic = talliedTopic(BEGINNING, number);
    const options = { topic, payloadBytes, qos: 1, acknowledged: this.#acknowledged } as const;
    const publisher = await Publisher.open(this.#plan.publisher, { name: `publisher-${number}`, ...options });
    publisher.onLost = this.#alarm.raise;
    publisher.onReady = () => this.#progressed();
    this.#publishers.push(publisher);
  }

  /** Warms up, then measures. */
  async #measure(): Promise<Figures> {
    const { serverPid, metrics, warmup, seconds } = this.#plan;
    const messages = () => this.#taken;
    const disk = new DiskMeter({ serverPid, metrics, messages });
    await this.#alarm.orRaised(pass(warmup * 1000));
    await disk.start();
    this.#acknowledged.clear();
    const meter = new Meter(serverPid, messages);
    await this.#alarm.orRaised(pass(seconds * 1000));
    const { deliveriesPerSecond = 0, cpuPerDelivery = 0, ...rest } = meter.figures();
    const { p50: ackP50, p99: ackP99 } = this.#acknowledged.summary();
    return {
      ...rest,
      messagesPerSecond: deliveriesPerSecond,
      cpuPerMessage: cpuPerDelivery,
      ackP50,
      ackP99,
      ...(await disk.figures()),
    };
  }

  /** Messages that are acknowledged. */
  get #taken(): number {
    return this.#publishers.reduce((sum, { sent, unacknowledged }) => sum + sent - unacknowledged, 0);
  }

  get #underWay(): number {
    return this.#publishers.reduce((sum, { unacknowledged }) => sum + unacknowledged, 0);
  }

  #fill(): void {
    const { window } = this.#plan;
    if (!this.#sending || window - this.#underWay < window * SMALLEST_BATCH) return;
    const share = Math.ceil(window / this.#publishers.length);
    for (const publisher of this.#publishers) {
      const room = share - publisher.unacknowledged;
      if (publisher.ready && room > 0) publisher.send(room);
    }
  }
}
