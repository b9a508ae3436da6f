import type { ChannelAction } from "../access/rights.js";
import type { JsonSchema } from "./payload-schema.js";

/** One rule between topics and channels. */
export interface Rule {
  /** Name of the channel, or of a family of them when it holds captures. */
  readonly channel: string;
  readonly topics: readonly string[];
  readonly publish?: PublishOptions | undefined;
  readonly request?: RequestOptions | undefined;
  readonly snapshot: boolean;
  /** What a client that comes back can recover. */
  readonly history?: HistoryRule | undefined;
  /** Who is subscribed can be asked. */
  readonly presence?: boolean | undefined;
  /** Only a subscription token lets somebody in. */
  readonly requireToken?: boolean | undefined;
  /** Which users may do what; undefined for what it says nothing of. */
  readonly access?: AccessOptions | undefined;
  /** Publications per second that one subscription is told, at most. */
  readonly maxRate?: number | undefined;
  /** What a client that reads too slowly gets: nothing any more, or the newest value of each topic. Default: `close`. */
  readonly whenSlow?: "close" | "newest" | undefined;
  /** Whether values may be told as what has changed since the one before. Default: they may. */
  readonly delta?: boolean | undefined;
}

/** User names by action, in which `*` stands for any text. */
export type AccessOptions = Readonly<Partial<Record<ChannelAction, readonly string[] | undefined>>>;

export interface HistoryRule {
  /** Publications kept per channel. */
  readonly size: number;
  /** How long, in ms. */
  readonly ttl: number;
  /** Keep them in the store, over a restart. */
  readonly persist?: boolean | undefined;
}

/** Which data of clients a rule takes. */
export interface PayloadLimits {
  /** Bytes of the MQTT payload. */
  readonly maxSize?: number | undefined;
  readonly schema?: JsonSchema | undefined;
}

/** What a publication of a client becomes. */
export interface PublishOptions extends PayloadLimits {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** What a request of a client becomes, and where its answer comes from. */
export interface RequestOptions extends PayloadLimits {
  readonly topic: string;
  readonly response: string;
  readonly qos: 0 | 1 | 2;
  /** How long an answer may take, in ms. */
  readonly timeout: number;
  /** Requests of one channel that wait for an answer at a time. */
  readonly maxPending: number;
}

export interface BridgeOptions {
  readonly channels: readonly Rule[];
  /** Serve every topic filter as the channel `mqtt:FILTER`. */
  readonly mqttChannels: boolean;
  /** Last values kept per channel; of a family with a snapshot, over all its channels. */
  readonly maxTopics: number;
  /** Bytes of history, over all channels of a rule. */
  readonly maxHistorySize: number;
  /** How long an idle channel stays, in ms. */
  readonly linger: number;
}
