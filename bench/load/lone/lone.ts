import { Latency } from "../../measure/latency.js";
import { processMemory } from "../../measure/memory.js";
import { syncTime } from "../../measure/sync.js";
import { Alarm } from "../alarm.js";
import { Publisher } from "../clients/publisher.js";
import { Sleeper } from "../clients/sleeper.js";
import { talliedTopic } from "../clients/tally.js";
import type { Load, Outcome } from "../plan.js";
import type { LonePlan } from "./plan.js";

const KEPT = talliedTopic("bench/lone", 1);
const UNKEPT = "bench/nobody";

/** How long a single message takes to be acknowledged: when nobody keeps it, and when a session whose client is away does. */
export class LoneLoad implements Load {
  readonly #plan: LonePlan;
  readonly #alarm = new Alarm();
  readonly #publishers: Publisher[] = [];
  #sleeper: Sleeper | undefined;

  constructor(plan: LonePlan) {
    this.#plan = plan;
  }

  async run(): Promise<Outcome> {
    const { sent: _, ...unkept } = await this.#publish(UNKEPT);
    const syncP50 = syncTime();
    const sleeper = await this.#alarm.orRaised(Sleeper.leave(this.#plan.subscriber, KEPT));
    this.#sleeper = sleeper;
    sleeper.onLost = this.#alarm.raise;
    const { sent, ...kept } = await this.#publish(KEPT);
    await this.#alarm.orRaised(sleeper.comeBack([sent]));
    await this.#alarm.orRaised(sleeper.getAll());
    return {
      figures: {
        unkeptP50: unkept.p50,
        unkeptP99: unkept.p99,
        keptP50: kept.p50,
        keptP99: kept.p99,
        max: kept.max,
        addedP50: kept.p50 - unkept.p50,
        syncP50,
        rss: processMemory(this.#plan.serverPid).rss,
      },
      account: { ...sleeper.account, latencySamples: kept.samples },
      notes: sleeper.tally.notes,
    };
  }

  close(): void {
    for (const publisher of this.#publishers) publisher.close();
    this.#sleeper?.close();
  }

  async #publish(topic: string) {
    const { publisher: endpoint, payloadBytes, warmup, seconds } = this.#plan;
    const acknowledged = new Latency();
    const options = { name: `publisher-of-${topic}`, topic, payloadBytes, qos: 1, acknowledged } as const;
    const publisher = await Publisher.open(endpoint, options);
    this.#publishers.push(publisher);
    publisher.onLost = this.#alarm.raise;
    await this.#alarm.orRaised(oneByOne(publisher, warmup));
    acknowledged.clear();
    await this.#alarm.orRaised(oneByOne(publisher, seconds));
    return { ...acknowledged.summary(), sent: publisher.sent };
  }
}

/** The next message goes out when the one before is acknowledged, for some seconds. */
function oneByOne(publisher: Publisher, seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  return new Promise((resolve) => {
    const next = () => {
      if (publisher.unacknowledged > 0) return;
      if (performance.now() < deadline) publisher.send(1);
      else resolve();
    };
    publisher.onReady = next;
    next();
  });
}
