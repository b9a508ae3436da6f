import type { Logger } from "pino";
import type { Channel } from "./channel.js";
import { type ChannelRule, firstMatch } from "./channel-rule.js";
import { Feed, type FeedContext, type FeedPlan } from "./feed.js";
import { Histories } from "./histories.js";
import type { Journal } from "./journal.js";
import { LastValues } from "./last-values.js";
import type { BridgeOptions, HistoryRule, Rule } from "./options.js";

/** A feed with what it fills. */
export interface Source {
  readonly feed: Feed;
  /** Last values, when they are kept. */
  readonly values: LastValues | undefined;
  /** What was published, when it is kept. */
  readonly histories: Histories | undefined;
}

/** What a channel's rule keeps. */
export type Kept = Pick<Rule, "snapshot" | "history">;

/** How often histories are looked through for what has expired. */
const SWEEP_MS = 1_000;

/** Makes the feeds of channels. */
export class Sources {
  readonly #options: BridgeOptions;
  readonly #context: FeedContext;
  readonly #channels: ReadonlyMap<string, Channel>;
  readonly #journal: Journal | undefined;
  readonly #log: Logger;
  readonly #histories = new Set<Histories>();
  readonly #sweeping: NodeJS.Timeout;

  constructor(
    options: BridgeOptions,
    context: FeedContext,
    channels: ReadonlyMap<string, Channel>,
    journal: Journal | undefined,
    log: Logger,
  ) {
    this.#journal = journal;
    this.#options = options;
    this.#context = context;
    this.#channels = channels;
    this.#log = log;
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** Of a single channel. */
  own(name: string, filters: readonly string[], kept: Kept): Source {
    const isFirst = firstMatch(filters);
    return this.#source(name, kept, filters, (topic, index) => (isFirst(topic, index) ? name : undefined));
  }

  /** Of all channels of a rule: one for them all, since nobody knows what channels there will be. */
  family(rule: ChannelRule): Source {
    return this.#source(rule.pattern.text, rule.rule, rule.wildcards, (topic, index) => {
      const name = rule.nameOf(topic, index);
      if (name === undefined) this.#context.counters.unroutable++;
      else if (!rule.isRepeated(topic, index, name)) return name;
      return undefined;
    });
  }

  close(): void {
    clearInterval(this.#sweeping);
  }

  #source(name: string, kept: Kept, filters: readonly string[], channelOf: FeedPlan["channelOf"]): Source {
    const channels = this.#channels;
    const values = kept.snapshot ? this.#lastValues(name) : undefined;
    const histories = kept.history && this.#newHistories(kept.history);
    const plan: FeedPlan = {
      filters,
      channelOf,
      values,
      histories,
      deliver: (channel, value, offset) => channels.get(channel)?.deliver(value, offset),
      changed: (channel, change, previous) => channels.get(channel)?.change(change, previous),
    };
    return { values, histories, feed: new Feed(plan, this.#context) };
  }

  #newHistories({ size, ttl, persist = false }: HistoryRule): Histories {
    const limits = { size, ttl, bytes: this.#options.maxHistorySize };
    const histories = new Histories(limits, this.#context.counters, persist ? this.#journal : undefined);
    this.#histories.add(histories);
    return histories;
  }

  #lastValues(name: string): LastValues {
    const { maxTopics } = this.#options;
    let told = false;
    return new LastValues(maxTopics, this.#context.counters, (channel, topic, offset) => {
      this.#channels.get(channel)?.change({ topic, offset, content: undefined });
      if (told) return;
      told = true;
      this.#log.warn(
        { channel: name, maxTopics },
        "channel has more topics than bridge.maxTopics; the least recently updated are dropped",
      );
    });
  }

  #sweep(): void {
    const now = Date.now();
    for (const histories of this.#histories) histories.sweep(now);
  }
}
