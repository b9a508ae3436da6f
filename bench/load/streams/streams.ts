import { setTimeout as pass } from "node:timers/promises";
import type { Figures } from "../../measure/figures.js";
import { Latency } from "../../measure/latency.js";
import { RssWatch } from "../../measure/rss-watch.js";
import { Alarm } from "../alarm.js";
import { DiskMeter } from "../disk-meter.js";
import { drain } from "../drain.js";
import { latencyFigures, Meter } from "../meter.js";
import { onceATurn } from "../once-a-turn.js";
import type { Account, Load, Outcome } from "../plan.js";
import { Flow } from "./flow.js";
import type { StreamsPlan } from "./plan.js";

/** How often it is looked whether a window stalls. */
const WATCH_MS = 50;
/** Of so many deliveries to a subscriber one has its latency taken. A prime, so that it keeps no step with batches. */
const LOOK_EVERY = 97;

/** Flows of messages, as fast as their windows allow. */
export class StreamsLoad implements Load {
  readonly #plan: StreamsPlan;
  readonly #flows: Flow[] = [];
  readonly #alarm = new Alarm();
  readonly #latency = new Latency();
  readonly #acknowledged = new Latency();
  readonly #meter: Meter;
  readonly #disk: DiskMeter;
  #memory: RssWatch | undefined;
  #samples = 0;
  #sending = false;
  readonly #progressed = onceATurn(() => this.#fill());
  #watch: NodeJS.Timeout | undefined;

  private constructor(plan: StreamsPlan) {
    this.#plan = plan;
    const { serverPid, metrics } = plan;
    this.#meter = new Meter(serverPid, () => this.#sum("received"));
    this.#disk = new DiskMeter({ serverPid, metrics, messages: () => this.#sum("sent") });
  }

  static async open(plan: StreamsPlan): Promise<StreamsLoad> {
    const load = new StreamsLoad(plan);
    for (let number = 1; number <= plan.flows; number++) {
      const name = String(number).padStart(4, "0");
      const options = { name, acknowledged: load.#acknowledged, onLost: load.#alarm.raise };
      const flow = await Flow.open(plan, options);
      flow.onReady = () => load.#progressed();
      load.#flows.push(flow);
    }
    return load;
  }

  /** For whoever has connections of its own that must not be lost. */
  readonly fail = (reason: string): void => this.#alarm.raise(reason);

  async run(): Promise<Outcome> {
    await this.begin();
    const figures = await this.measure();
    const account = await this.finish();
    return { figures: { ...figures, delivered: account.received / account.expected }, account };
  }

  /** Begins to send. */
  async begin(): Promise<void> {
    await this.#alarm.orRaised(Promise.all(this.#flows.map((flow) => flow.settle())));
    const watch = { latency: this.#latency, every: LOOK_EVERY, onProgress: () => this.#progressed() };
    await this.#alarm.orRaised(Promise.all(this.#flows.map((flow) => flow.learn(watch))));
    this.#memory = new RssWatch(this.#plan.serverPid);
    for (const flow of this.#flows) flow.freeze();
    this.#watch = setInterval(() => this.#fill(), WATCH_MS);
    this.resume();
  }

  /** Sends nothing for a while. */
  pause(): void {
    this.#sending = false;
  }

  resume(): void {
    this.#sending = true;
    this.#fill();
  }

  /** Warms up, then measures. */
  async measure(): Promise<Figures> {
    await this.#alarm.orRaised(pass(this.#plan.warmup * 1000));
    await this.#disk.start();
    this.#latency.clear();
    this.#acknowledged.clear();
    this.#meter.start();
    await this.#alarm.orRaised(pass(this.#plan.seconds * 1000));
    const { samples, p50: ackP50, p99: ackP99 } = this.#acknowledged.summary();
    this.#samples += this.#latency.summary().samples;
    return {
      ...this.#meter.figures(),
      ...latencyFigures(this.#latency),
      ...(samples > 0 ? { ackP50, ackP99 } : {}),
      ...this.#memory?.figures(),
      ...(await this.#disk.figures()),
    };
  }

  /** Sends no more, and waits for what is still under way. */
  async finish(): Promise<Account> {
    this.pause();
    clearInterval(this.#watch);
    this.#memory?.stop();
    await this.#alarm.orRaised(drain(() => this.#totals()));
    return { ...this.#totals(), latencySamples: this.#samples };
  }

  close(): void {
    clearInterval(this.#watch);
    for (const flow of this.#flows) flow.close();
  }

  #totals() {
    const [expected, received] = [this.#sum("expected"), this.#sum("received")];
    const lost = expected - received;
    return {
      sent: this.#sum("sent"),
      expected,
      received,
      lost,
      foreign: this.#sum("foreign"),
      stalls: this.#sum("stalls"),
    };
  }

  #sum(of: "sent" | "expected" | "received" | "foreign" | "stalls"): number {
    return this.#flows.reduce((sum, flow) => sum + flow[of], 0);
  }

  #fill(): void {
    if (!this.#sending) return;
    const now = performance.now();
    for (const flow of this.#flows) flow.fill(now);
  }
}
