import { forgetPeak, processMemory } from "../../measure/memory.js";
import { RssWatch } from "../../measure/rss-watch.js";
import { Alarm } from "../alarm.js";
import { Publisher } from "../clients/publisher.js";
import { Sleeper } from "../clients/sleeper.js";
import { talliedTopic } from "../clients/tally.js";
import { Meter } from "../meter.js";
import type { Load, Outcome } from "../plan.js";
import { supply } from "../supply.js";
import type { BacklogPlan } from "./plan.js";

const TOPIC = talliedTopic("bench/backlog", 1);
/** Messages that may be unacknowledged while they are queued. */
const WINDOW = 1_000;

/** How a client that comes back gets what has waited for it. */
export class BacklogLoad implements Load {
  readonly #plan: BacklogPlan;
  readonly #publisher: Publisher;
  readonly #sleeper: Sleeper;
  readonly #alarm = new Alarm();

  private constructor(plan: BacklogPlan, publisher: Publisher, sleeper: Sleeper) {
    this.#plan = plan;
    this.#publisher = publisher;
    this.#sleeper = sleeper;
    publisher.onLost = this.#alarm.raise;
    sleeper.onLost = this.#alarm.raise;
  }

  static async open(plan: BacklogPlan): Promise<BacklogLoad> {
    const { payloadBytes } = plan;
    const options = { name: "publisher", topic: TOPIC, payloadBytes, qos: 1 } as const;
    const publisher = await Publisher.open(plan.publisher, options);
    return new BacklogLoad(plan, publisher, await Sleeper.leave(plan.subscriber, TOPIC));
  }

  async run(): Promise<Outcome> {
    const { messages } = this.#plan;
    const queueing = performance.now();
    await this.#alarm.orRaised(supply(this.#publisher, messages, WINDOW));
    const queuedPerSecond = (messages * 1000) / (performance.now() - queueing);
    const figures = await this.#deliver();
    const { account, tally } = this.#sleeper;
    return { figures: { ...figures, queuedPerSecond }, account, notes: tally.notes };
  }

  close(): void {
    this.#publisher.close();
    this.#sleeper.close();
  }

  async #deliver() {
    const { serverPid, messages } = this.#plan;
    let received = () => 0;
    const meter = new Meter(serverPid, () => received());
    const exact = forgetPeak(serverPid);
    const memory = new RssWatch(serverPid);
    try {
      await this.#alarm.orRaised(this.#sleeper.comeBack([messages]));
      const { tally } = this.#sleeper;
      received = () => tally.received;
      await this.#alarm.orRaised(this.#sleeper.getAll());
      const rssMost = exact ? processMemory(serverPid).peak : memory.most;
      const { first, perSecond } = this.#sleeper;
      return {
        ...meter.figures(),
        ...(first ? { firstDelivery: first.fromConnecting, firstAfterConnack: first.fromConnack } : {}),
        delivered: tally.received / messages,
        // The meter's time goes on to when it was noticed that all has come.
        deliveriesPerSecond: perSecond,
        rssBefore: memory.first,
        rssMost,
        rssGrowth: rssMost - memory.first,
      };
    } finally {
      memory.stop();
    }
  }
}
