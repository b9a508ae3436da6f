import type { Figures } from "../../measure/figures.js";
import { processMemory } from "../../measure/memory.js";
import { Alarm } from "../alarm.js";
import { Series } from "../clients/series.js";
import type { Load, Outcome } from "../plan.js";
import { supply } from "../supply.js";
import { Lookups } from "./lookups.js";
import type { RetainedPlan } from "./plan.js";
import { retainedTopic } from "./topics.js";

/** Retained messages that may be unacknowledged. */
const WINDOW = 1_000;
/** A server that takes longer for all of them is not asked for them. */
const LONGEST_SEEDING_MS = 120_000;

/** How long it takes to be told a retained message among few and among many, some of many, and all. */
export class RetainedLoad implements Load {
  readonly #plan: RetainedPlan;
  readonly #series: Series;
  readonly #lookups: Lookups;
  readonly #alarm = new Alarm();
  readonly #notes: string[] = [];

  private constructor(plan: RetainedPlan, series: Series, lookups: Lookups) {
    this.#plan = plan;
    this.#series = series;
    this.#lookups = lookups;
    series.onLost = this.#alarm.raise;
    lookups.onLost = this.#alarm.raise;
  }

  static async open(plan: RetainedPlan): Promise<RetainedLoad> {
    const { payloadBytes, publisher, subscriber, serverPid } = plan;
    const series = await Series.open(publisher, { payloadBytes, retain: true, topic: retainedTopic });
    return new RetainedLoad(plan, series, await Lookups.open(subscriber, serverPid));
  }

  async run(): Promise<Outcome> {
    const { few, many } = this.#plan;
    await this.#keep(few);
    const atFew = await this.#alarm.orRaised(this.#lookups.exact(few));
    const started = performance.now();
    await this.#keep(many - few);
    const kept = this.#series.acknowledged;
    const retainedPerSecond = ((kept - few) * 1000) / (performance.now() - started);
    const figures = { answerFew: atFew.p50, retainedPerSecond };
    if (kept === many)
      return { figures: { ...figures, ...(await this.#amongMany(atFew.p50)) }, notes: this.#notes };
    const seconds = LONGEST_SEEDING_MS / 1000;
    const note = `it took ${kept} of ${many} retained messages in ${seconds} s, and was not asked for any among them.`;
    return { figures, notes: [note] };
  }

  close(): void {
    this.#series.close();
    this.#lookups.close();
  }

  #keep(messages: number): Promise<void> {
    const deadline = performance.now() + LONGEST_SEEDING_MS;
    return this.#alarm.orRaised(supply(this.#series, messages, WINDOW, deadline));
  }

  async #amongMany(answerFew: number): Promise<Figures> {
    const { many, serverPid } = this.#plan;
    const exact = await this.#alarm.orRaised(this.#lookups.exact(many));
    const { rss } = processMemory(serverPid);
    const some = await this.#alarm.orRaised(this.#lookups.few(many));
    const all = await this.#alarm.orRaised(this.#lookups.all(many));
    const ending = all.lost === undefined ? "" : `; the connection was lost: ${all.lost}`;
    if (all.received !== many)
      this.#notes.push(`\`#\` was answered with ${all.received} of ${many} messages${ending}.`);
    return {
      answerMany: exact.p50,
      growth: exact.p50 / answerFew,
      p99: exact.p99,
      max: exact.max,
      rss,
      someFirst: some.first,
      someLast: some.last,
      ...all.figures,
    };
  }
}
