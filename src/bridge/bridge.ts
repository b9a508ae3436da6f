import type { Logger } from "pino";
import type { ChannelAction } from "../access/rights.js";
import type {
  Answer,
  Channels,
  ClientData,
  Features,
  HistoryPage,
  HistoryQuery,
  MapSubscriber,
  Position,
  RequestSettings,
  Subscriber,
} from "../gateway/channels.js";
import { errors } from "../gateway/codes.js";
import { Fault } from "../gateway/fault.js";
import type { ChannelDescription } from "../http/api/channels.js";
import { LimitedLog } from "../log/limited.js";
import type { Bus, BusMessage } from "./bus.js";
import { Channel, type ChannelParts } from "./channel.js";
import type { ChannelRule } from "./channel-rule.js";
import { type BridgeStats, Counters } from "./counters.js";
import { IdleChannels } from "./idle-channels.js";
import { Journal, type Streams } from "./journal.js";
import type { BridgeOptions } from "./options.js";
import { Publisher } from "./publisher.js";
import { type Route, Routes } from "./routes.js";
import { type Source, Sources } from "./sources.js";
import { validateRules } from "./validate.js";
import { Value } from "./value.js";

export interface BridgeDependencies {
  readonly bus: Bus;
  readonly options: BridgeOptions;
  /** Where histories that survive a restart are kept; only rules with `history.persist` need it. */
  readonly streams?: Streams;
  readonly log: Logger;
}

/** Of the built-in family. */
const NO_FEATURES: Features = { presence: false, requireToken: false, whenSlow: "close", delta: true };

/** Makes channels of topics. */
export class Bridge implements Channels {
  readonly #log: Logger;
  readonly #limitedLog: LimitedLog;
  readonly #counters = new Counters();
  readonly #routes: Routes;
  readonly #channels = new Map<string, Channel>();
  /** Of families that keep something. */
  readonly #familySources = new Map<ChannelRule, Source>();
  readonly #idle: IdleChannels;
  readonly #sources: Sources;
  readonly #journal: Journal | undefined;
  readonly #publisher: Publisher;
  #lastMessage: BusMessage | undefined;
  #lastValue: Value | undefined;

  constructor({ bus, options, streams, log }: BridgeDependencies) {
    const faults = validateRules(options.channels, options);
    if (faults.length > 0)
      throw new Error(faults.map(({ path, message }) => `${path}: ${message}`).join("\n"));
    this.#log = log;
    this.#limitedLog = new LimitedLog(log);
    this.#routes = new Routes(options.channels, options.mqttChannels);
    this.#journal = streams && new Journal(streams);
    const context = {
      bus,
      counters: this.#counters,
      valueOf: (message: BusMessage) => this.#valueOf(message),
      isOfRequest: (topic: string) => this.#routes.isOfRequest(topic),
    };
    this.#publisher = new Publisher(bus, this.#routes, this.#counters, this.#limitedLog);
    this.#sources = new Sources(options, context, this.#channels, this.#journal, log);
    this.#idle = new IdleChannels(
      options.linger,
      (channel) => this.#remove(channel),
      () => this.#counters.idleDropped++,
    );
    for (const rule of this.#routes.rules)
      if (!isPersisted(rule) && (rule.rule.snapshot || rule.rule.history))
        this.#keepState(rule, this.#sourceOf(rule));
  }

  /** Brings back the histories that are kept in the store. To be called before anybody publishes. */
  async load(): Promise<void> {
    const sources = new Map<ChannelRule, Source>();
    for (const rule of this.#routes.rules) if (isPersisted(rule)) sources.set(rule, this.#sourceOf(rule));
    const dropped = await this.#journal?.restore((channel) => {
      const route = this.#routes.find(channel);
      const rule = route instanceof Fault ? undefined : route.rule;
      return rule && sources.get(rule)?.histories;
    });
    if (dropped && dropped.length > 0)
      this.#log.info(
        { channels: dropped.length, such: dropped.slice(0, 10) },
        "stored histories were dropped: no rule persists them, or their end is not known, as after damage or in a backup",
      );
    for (const [rule, source] of sources) this.#keepState(rule, source);
  }

  features(channel: string): Features | Fault {
    const route = this.#routes.find(channel);
    return route instanceof Fault ? route : (route.rule?.features ?? NO_FEATURES);
  }

  /** Whether the channel's rule lets the user do this without a subscription token; undefined when it says nothing of it. */
  access(channel: string, action: ChannelAction, user: string): boolean | undefined {
    const features = this.features(channel);
    if (features instanceof Fault) return undefined;
    return features.requireToken ? false : features.access?.(action, user);
  }

  topics(channel: string): readonly string[] {
    const route = this.#routes.find(channel);
    return route instanceof Fault ? [] : route.filters;
  }

  subscribe(name: string, subscriber: Subscriber, since?: Position): () => void {
    return this.#open(name, subscriber, (channel) => channel.subscribe(subscriber, since));
  }

  subscribeMap(name: string, subscriber: MapSubscriber): () => void {
    return this.#open(name, subscriber, (channel) => channel.subscribeMap(subscriber));
  }

  history(name: string, query: HistoryQuery): HistoryPage {
    const route = this.#routes.find(name);
    if (route instanceof Fault) throw route;
    if (!route.rule?.rule.history)
      throw new Fault(errors.notAvailable, "the channel's rule keeps no history");
    const channel = this.#channels.get(name) ?? this.#create(name);
    if (channel instanceof Fault) throw channel;
    this.#idle.remove(channel);
    return channel.history(query);
  }

  publish(name: string, data: ClientData): Promise<void> {
    return this.#publisher.publish(name, data);
  }

  request(name: string, data: ClientData, settings: RequestSettings = {}): Promise<Answer> {
    return this.#publisher.request(name, data, settings);
  }

  /** Channels that somebody is subscribed to. */
  *active(): Iterable<string> {
    for (const [name, { subscribers }] of this.#channels) if (subscribers > 0) yield name;
  }

  subscribers(channel: string): number {
    return this.#channels.get(channel)?.subscribers ?? 0;
  }

  /** @throws {Fault} when no rule makes the channel. */
  describe(channel: string): ChannelDescription {
    const route = this.#routes.find(channel);
    if (route instanceof Fault) throw route;
    const { filters, snapshot, target } = route;
    const description = { topics: filters, snapshot };
    if (target instanceof Fault) return description;
    const { topic, qos, retain } = target;
    return { ...description, publish: { topic, qos, retain } };
  }

  stats(): BridgeStats {
    let subscribers = 0;
    for (const channel of this.#channels.values()) subscribers += channel.subscribers;
    return {
      channels: this.#channels.size,
      subscribers,
      requestsPending: this.#publisher.requests,
      ...this.#counters,
    };
  }

  /** Ends every subscription to the bus. */
  close(): void {
    this.#idle.close();
    this.#publisher.close();
    this.#sources.close();
    for (const channel of this.#channels.values()) channel.close();
    for (const { feed } of this.#familySources.values()) feed.close();
    this.#channels.clear();
    this.#familySources.clear();
  }

  #sourceOf(rule: ChannelRule): Source {
    if (isPersisted(rule) && !this.#journal)
      throw new Error("a rule persists its history, and there is no store");
    return rule.pattern.isFamily
      ? this.#sources.family(rule)
      : this.#sources.own(rule.pattern.text, [...rule.wildcards], rule.rule);
  }

  /** Begins to keep what the rule keeps, before anybody listens. */
  #keepState(rule: ChannelRule, source: Source): void {
    const name = rule.pattern.text;
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

  #open(
    name: string,
    subscriber: { refused(fault: Fault): void },
    subscribe: (channel: Channel) => () => void,
  ): () => void {
    const channel = this.#channels.get(name) ?? this.#create(name);
    if (channel instanceof Fault) {
      subscriber.refused(channel);
      return () => {};
    }
    this.#idle.remove(channel);
    return subscribe(channel);
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
    const source = this.#sources.own(name, filters, { snapshot });
    return this.#channel(name, source, (channel) => this.#idle.add(channel));
  }

  #channel(name: string, source: Source, idle: ChannelParts["idle"]): Channel {
    return new Channel(name, {
      ...source,
      counters: this.#counters,
      idle,
      failed: (channel, error) => {
        this.#limitedLog.warn("a channel could not be opened", { channel: channel.name, err: error });
        return new Fault(errors.internal, "the last values could not be read; try again");
      },
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

function isPersisted({ rule }: ChannelRule): boolean {
  return rule.history?.persist === true;
}

export function createBridge(dependencies: BridgeDependencies): Bridge {
  return new Bridge(dependencies);
}
