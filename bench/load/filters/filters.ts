import type { Load, Outcome } from "../plan.js";
import { StreamsLoad } from "../streams/streams.js";
import { Ballast } from "./ballast.js";
import type { FiltersPlan } from "./plan.js";

/** What a delivery costs when others are subscribed to much else. */
export class FiltersLoad implements Load {
  readonly #plan: FiltersPlan;
  readonly #streams: StreamsLoad;
  readonly #ballast: Ballast;

  private constructor(plan: FiltersPlan, streams: StreamsLoad, ballast: Ballast) {
    this.#plan = plan;
    this.#streams = streams;
    this.#ballast = ballast;
  }

  static async open(plan: FiltersPlan): Promise<FiltersLoad> {
    const { streams, publisher, subscriber, warmup, seconds, serverPid, holders } = plan;
    const work = { ...streams, publisher, subscriber, warmup, seconds, serverPid };
    const load = await StreamsLoad.open({ kind: "streams", ...work });
    return new FiltersLoad(plan, load, await Ballast.open(subscriber, holders, load.fail));
  }

  async run(): Promise<Outcome> {
    const { few, many } = this.#plan;
    await this.#ballast.growTo(few);
    await this.#streams.begin();
    const atFew = await this.#streams.measure();
    this.#streams.pause();
    const started = performance.now();
    await this.#ballast.growTo(many);
    const subscribing = (performance.now() - started) / 1000;
    this.#streams.resume();
    const atMany = await this.#streams.measure();
    const [cpuAtFew, cpuAtMany] = [atFew.cpuPerDelivery ?? 0, atMany.cpuPerDelivery ?? 0];
    return {
      figures: {
        ...atMany,
        cpuAtFew,
        cpuAtMany,
        growth: cpuAtMany / cpuAtFew,
        filtersPerSecond: (many - few) / subscribing,
      },
      account: await this.#streams.finish(),
    };
  }

  close(): void {
    this.#streams.close();
    this.#ballast.close();
  }
}
