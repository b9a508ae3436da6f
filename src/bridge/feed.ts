import type { MapChange, Previous } from "../gateway/map-update.js";
import type { Bus, BusMessage, BusRecorder } from "./bus.js";
import type { Counters } from "./counters.js";
import type { Histories } from "./histories.js";
import type { LastValues } from "./last-values.js";
import { Value } from "./value.js";

export interface FeedPlan {
  readonly filters: readonly string[];
  /** The channel of a topic that came in for the filter at this index; undefined when it is none's, or another filter's. */
  readonly channelOf: (topic: string, filter: number) => string | undefined;
  /** Where last values are kept, when they are. */
  readonly values: LastValues | undefined;
  /** Where publications are kept, when they are. */
  readonly histories: Histories | undefined;
  /** `offset` is the publication's place in the channel's history; 0 where there is none. */
  readonly deliver: (channel: string, value: Value, offset: number) => void;
  /** A topic's last value has changed; `previous` is the one before, when there was one. */
  readonly changed: (channel: string, change: MapChange, previous?: Previous) => void;
}

/** What feeds share. */
export interface FeedContext {
  readonly bus: Bus;
  readonly counters: Counters;
  /** The value of a message, the same for all feeds. */
  readonly valueOf: (message: BusMessage) => Value;
  /** Topics of requests and answers are each used once: as last values they would drive the lasting ones out. */
  readonly isOfRequest: (topic: string) => boolean;
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
    this.#plan.histories?.close();
  }

  #subscribe(): void {
    try {
      for (const [index, filter] of this.#plan.filters.entries()) {
        const listener = (message: BusMessage): void => this.#receive(message, index);
        this.#ends.push(this.#context.bus.subscribe(filter, listener, this.#recorder(index)));
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** For channels whose publications are written before anybody gets them. */
  #recorder(filter: number): BusRecorder | undefined {
    const { histories, channelOf } = this.#plan;
    if (!histories?.isRecorded) return undefined;
    return {
      record: (message) => {
        const channel = channelOf(message.topic, filter);
        if (channel !== undefined) histories.record(channel, message);
        return channel !== undefined;
      },
      // It never becomes a publication, so nobody misses it; the broker counts it and says why.
      lost: () => {},
    };
  }

  #receive(message: BusMessage, filter: number): void {
    // A message that was on its way when the feed closed.
    if (this.#ends.length === 0) return;
    const channel = this.#plan.channelOf(message.topic, filter);
    if (channel === undefined) return;
    this.#context.counters.messages++;
    const value = this.#context.valueOf(message);
    const { histories, deliver, values } = this.#plan;
    deliver(channel, value, histories ? histories.add(channel, value) : 0);
    if (values && !this.#context.isOfRequest(message.topic)) this.#keep(values, channel, value, message);
  }

  #keep(values: LastValues, channel: string, value: Value, { topic, payload, retain }: BusMessage): void {
    const { changed } = this.#plan;
    // [MQTT-3.3.1-10]: an empty retained message removes what was retained.
    if (!retain || payload.length > 0) {
      const previous = values.valueOf(channel, topic);
      changed(channel, { topic, offset: values.set(channel, value), content: value }, previous);
      return;
    }
    const offset = values.clear(channel, topic);
    if (offset !== undefined) changed(channel, { topic, offset, content: undefined });
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
