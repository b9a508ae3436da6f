/** What may be done in a channel. */
export const channelActions = ["subscribe", "publish", "presence", "history", "rpc"] as const;

export type ChannelAction = (typeof channelActions)[number];

/** Rights that come with a credential. They add to what rules allow; what a rule denies stays denied. */
export interface StatedRights {
  /** Topic filters; `%u` and `%c` stand for the user and the client identifier. */
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Actions by channel; a name may end with `*`. */
  readonly channels: ReadonlyMap<string, ReadonlySet<ChannelAction>>;
}

/** What may be subscribed to. */
export interface Readable {
  /** The highest QoS. */
  readonly qos: 0 | 1 | 2;
  /** Every topic that the filter matches may be received. Else each message is to be asked for with `mayReceive`. */
  readonly whole: boolean;
  /** Some of them may not be received at that QoS. Then each message is to be asked for with `receiveQos`. */
  readonly uneven?: true;
}

/**
 * What one principal may do under one client identifier, under the rules of now. Answers are quick: what is asked again is
 * remembered, to a bound.
 */
export interface Rights {
  mayPublish(topic: string, qos: number, retain: boolean): boolean;
  /** Undefined when nothing that the filter matches may be received. Without `$share/GROUP/`. */
  readable(filter: string): Readable | undefined;
  mayReceive(topic: string): boolean;
  /** The highest QoS at which it may be received; undefined when it may not. */
  receiveQos(topic: string): 0 | 1 | 2 | undefined;
  /** Undefined when nothing is said of the channel: then the rights to the topics behind it decide. */
  channel(name: string, action: ChannelAction): boolean | undefined;
}
