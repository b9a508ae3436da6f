/** One rule between topics and channels. */
export interface Rule {
  /** Name of the channel, or of a family of them when it holds captures. */
  readonly channel: string;
  readonly topics: readonly string[];
  readonly publish?:
    | { readonly topic: string; readonly qos: 0 | 1 | 2; readonly retain: boolean }
    | undefined;
  readonly snapshot: boolean;
}

export interface BridgeOptions {
  readonly channels: readonly Rule[];
  /** Serve every topic filter as the channel `mqtt:FILTER`. */
  readonly mqttChannels: boolean;
  /** Last values kept per channel; of a family with a snapshot, over all its channels. */
  readonly maxTopics: number;
  /** How long an idle channel stays, in ms. */
  readonly linger: number;
}
