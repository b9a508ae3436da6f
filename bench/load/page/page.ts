import { setTimeout as pass } from "node:timers/promises";
import type { Figures } from "../../measure/figures.js";
import { quantile } from "../../measure/median.js";
import { Alarm } from "../alarm.js";
import { clock } from "../clients/payload.js";
import { Publisher } from "../clients/publisher.js";
import { Debt } from "../debt.js";
import { Meter } from "../meter.js";
import { Pace } from "../pace.js";
import type { Load, Outcome } from "../plan.js";
import type { PagePlan } from "./plan.js";
import { Site } from "./site.js";
import { type Findings, Tab } from "./tab.js";

/** What the page's frames are like when nothing comes is looked at for so long. */
const QUIET_MS = 2_000;

/** A page in a browser while messages of many topics are published. */
export class PageLoad implements Load {
  readonly #plan: PagePlan;
  readonly #alarm = new Alarm();
  readonly #publishers: readonly Publisher[];
  readonly #paces: readonly Pace[];
  readonly #debts: readonly Debt[];

  private constructor(plan: PagePlan, publishers: readonly Publisher[]) {
    this.#plan = plan;
    this.#publishers = publishers;
    for (const publisher of publishers) publisher.onLost = this.#alarm.raise;
    const perSecond = plan.perSecond / publishers.length;
    this.#debts = publishers.map((publisher) => new Debt(publisher));
    this.#paces = this.#debts.map(
      (debt) => new Pace(perSecond, (count, firstAt) => debt.add(count, firstAt)),
    );
  }

  static async open(plan: PagePlan): Promise<PageLoad> {
    const { publishers, topics, payloadBytes } = plan;
    const opening = Array.from({ length: publishers }, (_, index) =>
      Publisher.open(plan.publisher, {
        name: `publisher-${index + 1}`,
        topic: topicsOf(index, topics / publishers),
        payloadBytes,
        qos: 0,
      }),
    );
    return new PageLoad(plan, await Promise.all(opening));
  }

  async run(): Promise<Outcome> {
    const site = await Site.open();
    const tab = await Tab.open(this.#urlAt(site), this.#alarm.raise);
    try {
      return await this.#alarm.orRaised(this.#load(tab));
    } finally {
      await tab.close();
      site.close();
    }
  }

  close(): void {
    for (const pace of this.#paces) pace.stop();
    for (const publisher of this.#publishers) publisher.close();
  }

  #urlAt(site: Site): string {
    const { subscriber, channel } = this.#plan;
    const { host, port, path = "/", protocol } = subscriber;
    const query = new URLSearchParams({ protocol, channel, url: `ws://${host}:${port}${path}` });
    return `${site.url}?${query}`;
  }

  async #load(tab: Tab): Promise<Outcome> {
    await tab.setClock(() => clock() / 1000);
    await tab.begin();
    await pass(QUIET_MS);
    const quiet = await tab.end();
    for (const pace of this.#paces) pace.start();
    await pass(this.#plan.warmup * 1000);
    const { findings, figures } = await this.#measure(tab);
    for (const pace of this.#paces) pace.stop();
    return {
      figures: { ...figures, quietFrameP99: quantile(quiet.frames, 0.99) },
      notes: this.#notes(findings),
    };
  }

  async #measure(tab: Tab): Promise<{ findings: Findings; figures: Figures }> {
    const busyBefore = await tab.busy();
    const meter = new Meter(this.#plan.serverPid, () => this.#sent);
    await tab.begin();
    await pass(this.#plan.seconds * 1000);
    const findings = await tab.end();
    // The browser is among the others, and a message is no delivery.
    const { otherCpu, deliveriesPerSecond = 0, cpuPerDelivery = 0, ...rest } = meter.figures();
    const pageBusy = ((await tab.busy()) - busyBefore) / findings.seconds;
    const load = { messagesPerSecond: deliveriesPerSecond, cpuPerMessage: cpuPerDelivery, pageBusy };
    return { findings, figures: { ...rest, ...load, ...pageFigures(findings) } };
  }

  get #sent(): number {
    return this.#publishers.reduce((sum, { sent }) => sum + sent, 0);
  }

  #notes({ losses }: Findings): string[] {
    const due = this.#debts.reduce((sum, debt) => sum + debt.due, 0);
    return [
      ...(losses > 0 ? ["the page lost its connection."] : []),
      ...(this.#sent < due ? ["the server took no more from the publishers."] : []),
    ];
  }
}

function pageFigures({ seconds, frames, longTasks, publications, ages }: Findings): Figures {
  return {
    frameP50: quantile(frames, 0.5),
    frameP95: quantile(frames, 0.95),
    frameP99: quantile(frames, 0.99),
    frameMax: Math.max(...frames),
    longTasks: longTasks.length,
    longestTask: Math.max(0, ...longTasks),
    publicationsPerSecond: publications / seconds,
    ...ages,
  };
}

/** Of the publisher at this place, all of one length. */
function topicsOf(index: number, count: number): string[] {
  const number = (value: number) => String(value).padStart(4, "0");
  return Array.from({ length: count }, (_, topic) => `bench/page/${number(index)}/${number(topic)}`);
}
