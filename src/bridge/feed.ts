import type { Bus, BusMessage } from "./bus.js";
import type { Counters } from "./counters.js";
import type { LastValues } from "./last-values.js";
import { Value } from "./value.js";

export interface FeedPlan {
  readonly filters: readonly string[];
  /** The channel of a topic that came in for the filter at this index; undefined when it is none's, or another filter's. */
  readonly channelOf: (topic: string, filter: number) => string | undefined;
  /** Where last values are kept, when they are. */
  readonly values: LastValues | undefined;
  readonly deliver: (channel: string, value: Value) => void;
}

/** What feeds share. */
export interface FeedContext {
  readonly bus: Bus;
  readonly counters: Counters;
  /** The value of a message, the same for all feeds. */
  readonly valueOf: (message: BusMessage) => Value;
}

/** The messages of some topic filters on their way to channels, and the last values among them. */
export class Feed {
  readonly #plan: FeedPlan;
  readonly #context: FeedContext;
  #ends: (() => void)[] = [];
  #seeding: Promise<void> | undefined;
  #seeded = false;
  /** Changes when the feed closes, so that a seeding that is under way notices. */
  #run = 0;

  constructor(plan: FeedPlan, context: FeedContext) {
    this.#plan = plan;
    this.#context = context;
  }

  /** Opens the feed. Undefined when its last values are known; else what resolves then, and rejects when they cannot be read. */
  open(): Promise<void> | undefined {
    if (this.#ends.length === 0) this.#subscribe();
    const { values } = this.#plan;
    if (!values || this.#seeded) return undefined;
    this.#seeding ??= this.#seed(values, this.#run).finally(() => {
      this.#seeding = undefined;
    });
    return this.#seeding;
  }

  close(): void {
    for (const end of this.#ends) end();
    this.#ends = [];
    this.#run++;
    this.#seeded = false;
    this.#plan.values?.close();
  }

  #subscribe(): void {
    try {
      for (const [index, filter] of this.#plan.filters.entries()) {
        this.#ends.push(this.#context.bus.subscribe(filter, (message) => this.#receive(message, index)));
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #receive(message: BusMessage, filter: number): void {
    const channel = this.#plan.channelOf(message.topic, filter);
    if (channel === undefined) return;
    this.#context.counters.messages++;
    const value = this.#context.valueOf(message);
    this.#plan.deliver(channel, value);
    const { values } = this.#plan;
    if (!values) return;
    // [MQTT-3.3.1-10]: an empty retained message removes what was retained.
    if (message.retain && message.payload.length === 0) values.clear(channel, message.topic);
    else values.set(channel, value);
  }

  /** Reads the retained messages. Live ones keep coming in and are newer than any of them. */
  async #seed(values: LastValues, run: number): Promise<void> {
    values.beginSeeding();
    try {
      for (const [index, filter] of this.#plan.filters.entries()) {
        for await (const message of this.#context.bus.retained(filter)) {
          if (run !== this.#run) return;
          const channel = this.#plan.channelOf(message.topic, index);
          if (channel !== undefined && !values.seed(channel, new Value(message, undefined))) break;
        }
      }
      this.#seeded = true;
    } finally {
      if (run === this.#run) values.endSeeding();
    }
  }
}
