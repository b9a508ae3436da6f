import type { Logger } from "pino";
import type { Channels, ClientData, Subscriber } from "../gateway/channels.js";
import { errors } from "../gateway/codes.js";
import { Fault } from "../gateway/fault.js";
import { LimitedLog } from "../log/limited.js";
import type { Bus, BusMessage } from "./bus.js";
import { Channel, type ChannelParts } from "./channel.js";
import { type ChannelRule, firstMatch } from "./channel-rule.js";
import { type BridgeStats, Counters } from "./counters.js";
import { Feed, type FeedContext } from "./feed.js";
import { IdleChannels } from "./idle-channels.js";
import { LastValues } from "./last-values.js";
import type { BridgeOptions } from "./options.js";
import { decodeData } from "./payload.js";
import { type Route, Routes } from "./routes.js";
import { validateRules } from "./validate.js";
import { Value } from "./value.js";

export interface BridgeDependencies {
  readonly bus: Bus;
  readonly options: BridgeOptions;
  readonly log: Logger;
}

/** A feed with the last values it fills, when it keeps some. */
interface Source {
  readonly feed: Feed;
  readonly values: LastValues | undefined;
}

/** Makes channels of topics. */
export class Bridge implements Channels {
  readonly #options: BridgeOptions;
  readonly #bus: Bus;
  readonly #log: Logger;
  readonly #limitedLog: LimitedLog;
  readonly #counters = new Counters();
  readonly #routes: Routes;
  readonly #channels = new Map<string, Channel>();
  /** Of families that keep last values: one for the whole rule, since nobody knows what channels there will be. */
  readonly #familySources = new Map<ChannelRule, Source>();
  readonly #idle: IdleChannels;
  readonly #feedContext: FeedContext;
  #lastMessage: BusMessage | undefined;
  #lastValue: Value | undefined;

  constructor({ bus, options, log }: BridgeDependencies) {
    const faults = validateRules(options.channels, options);
    if (faults.length > 0)
      throw new Error(faults.map(({ path, message }) => `${path}: ${message}`).join("\n"));
    this.#options = options;
    this.#bus = bus;
    this.#log = log;
    this.#limitedLog = new LimitedLog(log);
    this.#routes = new Routes(options.channels, options.mqttChannels);
    this.#feedContext = { bus, counters: this.#counters, valueOf: (message) => this.#valueOf(message) };
    this.#idle = new IdleChannels(
      options.linger,
      (channel) => this.#remove(channel),
      () => this.#counters.idleDropped++,
    );
    for (const rule of this.#routes.rules) if (rule.rule.snapshot) this.#keepState(rule);
  }

  fault(channel: string): Fault | undefined {
    if (this.#channels.has(channel)) return undefined;
    const route = this.#routes.find(channel);
    return route instanceof Fault ? route : undefined;
  }

  subscribe(name: string, subscriber: Subscriber): () => void {
    const channel = this.#channels.get(name) ?? this.#create(name);
    if (channel instanceof Fault) {
      subscriber.refused(channel);
      return () => {};
    }
    this.#idle.remove(channel);
    return channel.subscribe(subscriber);
  }

  async publish(name: string, { data, encoding }: ClientData): Promise<void> {
    const route = this.#routes.find(name);
    if (route instanceof Fault) throw route;
    if (route.target instanceof Fault) throw route.target;
    try {
      await this.#bus.publish({ ...route.target, payload: decodeData(data, encoding) });
      this.#counters.published++;
    } catch (error) {
      this.#counters.publishFailures++;
      if (error instanceof Fault) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      this.#limitedLog.warn("publication refused by the broker", { topic: route.target.topic, reason });
      throw new Fault(errors.internal, reason);
    }
  }

  stats(): BridgeStats {
    let subscribers = 0;
    for (const channel of this.#channels.values()) subscribers += channel.subscribers;
    return { channels: this.#channels.size, subscribers, ...this.#counters };
  }

  /** Ends every subscription to the bus. */
  close(): void {
    this.#idle.close();
    for (const channel of this.#channels.values()) channel.close();
    for (const { feed } of this.#familySources.values()) feed.close();
    this.#channels.clear();
    this.#familySources.clear();
  }

  /** Begins to collect last values, before anybody listens. */
  #keepState(rule: ChannelRule): void {
    const name = rule.pattern.text;
    const source = rule.pattern.isFamily
      ? this.#familySource(rule)
      : this.#ownSource(name, [...rule.wildcards], true);
    if (rule.pattern.isFamily) this.#familySources.set(rule, source);
    else
      this.#channels.set(
        name,
        this.#channel(name, source, () => {}),
      );
    source.feed.open()?.catch((error: unknown) => {
      this.#limitedLog.warn("retained messages of a channel could not be read", {
        channel: name,
        err: error,
      });
    });
  }

  #create(name: string): Channel | Fault {
    const route = this.#routes.find(name);
    if (route instanceof Fault) return route;
    const channel = this.#channelOf(name, route);
    this.#channels.set(name, channel);
    return channel;
  }

  #channelOf(name: string, { rule, filters, snapshot }: Route): Channel {
    const shared = rule && this.#familySources.get(rule);
    if (shared) return this.#channel(name, shared, () => this.#channels.delete(name));
    const source = this.#ownSource(name, filters, snapshot);
    return this.#channel(name, source, (channel) => this.#idle.add(channel));
  }

  #channel(name: string, { feed, values }: Source, idle: ChannelParts["idle"]): Channel {
    return new Channel(name, {
      feed,
      values,
      counters: this.#counters,
      idle,
      failed: (channel, subscriber, error) => {
        this.#limitedLog.warn("a channel could not be opened", { channel: channel.name, err: error });
        subscriber.refused(new Fault(errors.internal, "the last values could not be read; try again"));
      },
    });
  }

  /** The feed of a single channel. */
  #ownSource(name: string, filters: readonly string[], snapshot: boolean): Source {
    const isFirst = firstMatch(filters);
    const values = snapshot ? this.#lastValues(name) : undefined;
    const plan = {
      filters,
      values,
      channelOf: (topic: string, index: number) => (isFirst(topic, index) ? name : undefined),
      deliver: (_: string, value: Value) => this.#channels.get(name)?.deliver(value),
    };
    return { values, feed: new Feed(plan, this.#feedContext) };
  }

  /** The feed of all channels of a rule. */
  #familySource(rule: ChannelRule): Source {
    const values = this.#lastValues(rule.pattern.text);
    const plan = {
      filters: rule.wildcards,
      values,
      channelOf: (topic: string, index: number) => this.#familyChannelOf(rule, topic, index),
      deliver: (name: string, value: Value) => this.#channels.get(name)?.deliver(value),
    };
    return { values, feed: new Feed(plan, this.#feedContext) };
  }

  #familyChannelOf(rule: ChannelRule, topic: string, index: number): string | undefined {
    const name = rule.nameOf(topic, index);
    if (name === undefined) this.#counters.unroutable++;
    else if (!rule.isRepeated(topic, index, name)) return name;
    return undefined;
  }

  #lastValues(channel: string): LastValues {
    const { maxTopics } = this.#options;
    let told = false;
    return new LastValues(maxTopics, this.#counters, () => {
      if (told) return;
      told = true;
      this.#log.warn(
        { channel, maxTopics },
        "channel has more topics than bridge.maxTopics; the least recently updated are dropped",
      );
    });
  }

  #remove(channel: Channel): void {
    this.#channels.delete(channel.name);
    channel.close();
  }

  /** One value per message, however many channels it goes to: they are told one after the other. */
  #valueOf(message: BusMessage): Value {
    if (message !== this.#lastMessage || this.#lastValue === undefined) {
      this.#lastMessage = message;
      this.#lastValue = new Value(message, Date.now());
    }
    return this.#lastValue;
  }
}

export function createBridge(dependencies: BridgeDependencies): Bridge {
  return new Bridge(dependencies);
}
