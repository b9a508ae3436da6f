import type { ChannelAction } from "../access/rights.js";
import type { Envelope } from "./content.js";
import type { Fault } from "./fault.js";
import type { MapUpdate, Previous } from "./map-update.js";
import type { Publication } from "./publication.js";
import type { Filter } from "./shaping/filter.js";

/** Where a client stands in a channel. Offsets ascend within an epoch; those of two epochs have nothing to do with each other. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** Whether a rule lets a user do something in its channels; undefined when it says nothing of it. */
export type RuleAccess = (action: ChannelAction, user: string) => boolean | undefined;

/** What a rule grants the subscribers of its channels. */
export interface Features {
  /** Who is subscribed can be asked, and joins and leaves are told to those who want it. */
  readonly presence: boolean;
  /** Only a subscription token lets somebody in. */
  readonly requireToken: boolean;
  /** Who may do what, where the rule says so itself. */
  readonly access?: RuleAccess | undefined;
  /** Publications per second that one subscription is told, at most: the newest of every topic. */
  readonly maxRate?: number | undefined;
  /** What a client that reads too slowly gets: everything until it is closed, or the newest of every topic. */
  readonly whenSlow: "close" | "newest";
  /** Whether values may be told as what has changed since the one before. */
  readonly delta: boolean;
}

/** How a subscription begins. */
export interface Start {
  /** What the subscriber goes on from; without it the channel keeps no history, and nothing can be recovered. */
  readonly position: Position | undefined;
  /** Whether `publications` are all that was published after the position that was asked for. */
  readonly recovered: boolean;
  /**
   * What was missed; or, when nothing was asked for or it is not known any more, the last value of every topic, where those are kept. It
   * may be read slowly, but to its end: what was missed is followed by the present only then.
   */
  readonly publications: Iterator<Publication> | undefined;
}

/** Who listens to a channel. */
export interface Subscriber {
  /** Every publication from here on is delivered, after those of `start` when they were missed. */
  subscribed(start: Start): void;
  refused(fault: Fault): void;
  deliver(publication: Publication): void;
  /** The channel's history was cut behind this subscriber, who hears no more. */
  lost(): void;
}

/** A part of what a map holds, or of what changed in it. */
export interface MapPage {
  readonly updates: readonly MapUpdate[];
  /** Of the last change that the page and those before it cover. */
  readonly offset: number;
  /** Whether nothing is left. */
  readonly complete: boolean;
}

/** The values of a channel by topic, on the way to a subscriber who wants them to stay true. */
export interface MapReading {
  /** Of the moment when it was opened: {@link state} is what was held then and has not changed since. */
  readonly position: Position;
  /** The next values, at most so many, of about so many bytes; undefined when the map has begun anew. A page may be empty. */
  state(limit: number, bytes: number, filter?: Filter): MapPage | undefined;
  /** What changed after a position, in the order of the changes, each topic once; undefined when that is not known any more. */
  changes(after: Position, limit: number, bytes: number, filter?: Filter): MapPage | undefined;
  /** Every change from here on is delivered. */
  follow(): void;
}

/** Who wants a channel's values by topic, and every change of them. */
export interface MapSubscriber {
  opened(reading: MapReading): void;
  refused(fault: Fault): void;
  /** `previous`: the value that the topic had before, when it had one. */
  update(update: MapUpdate, previous?: Previous): void;
}

/** What a client publishes. */
export interface ClientData {
  /** JSON text, exactly as the client wrote it. */
  readonly data: string;
  /** `base64` when `data` is a string that stands for bytes. */
  readonly encoding?: "base64" | undefined;
  /** The topic that the client has in mind; refused when the rule's is another. */
  readonly key?: string | undefined;
  /** The session it came from. */
  readonly origin?: string | undefined;
  /** How it was wrapped, when it came from a bare WebSocket. */
  readonly envelope?: Envelope | undefined;
  /** What the message that it becomes is to be checked with; undefined when it may be any. */
  readonly mayPublish?: ((topic: string, qos: number, retain: boolean) => boolean) | undefined;
}

/** A part of a channel's history. */
export interface HistoryQuery {
  /** At most so many; 0 asks for the position only. */
  readonly limit: number;
  /** What came after this position; with `reverse`, what came before it. */
  readonly since?: Position | undefined;
  /** Newest first. */
  readonly reverse: boolean;
  /** Others are left out as if there were none; undefined when all are wanted. */
  readonly wants?: ((topic: string) => boolean) | undefined;
}

/** Less than was asked for when it is all there is, or as much as fits in an answer. */
export interface HistoryPage {
  readonly publications: readonly Publication[];
  /** Of the newest publication. */
  readonly position: Position;
}

/** How a client's request is made. */
export interface RequestSettings {
  /** In ms; a time longer than the rule's is the rule's. */
  readonly timeout?: number | undefined;
  /** Gives the request up when nobody waits for its answer any more. */
  readonly signal?: AbortSignal | undefined;
}

/** What a device answered. */
export interface Answer {
  readonly topic: string;
  /** JSON text on a single line. */
  readonly data: string;
  readonly encoding: "base64" | undefined;
}

/** The channels that sessions may use. */
export interface Channels {
  /** What the rule of a channel grants, or why there is no such channel. */
  features(channel: string): Features | Fault;
  /** Topic filters of all that a channel is fed by; none when there is no such channel. */
  topics(channel: string): readonly string[];
  /**
   * Calls `subscribed` or `refused` once, maybe before it returns. `since`: go on from there, if that is still known. Gives what ends
   * the subscription in any state; after it has been called the subscriber hears no more.
   */
  subscribe(channel: string, subscriber: Subscriber, since?: Position): () => void;
  /** The same for the values by topic: calls `opened` or `refused` once. */
  subscribeMap(channel: string, subscriber: MapSubscriber): () => void;
  /** Resolves once the message is taken; rejects with a {@link Fault}. */
  publish(channel: string, data: ClientData): Promise<void>;
  /** @throws {Fault} when the channel keeps no history, or its history does not know the position. */
  history(channel: string, query: HistoryQuery): HistoryPage;
  /** Sends a command by the channel's rule and resolves with the device's answer; rejects with a {@link Fault}. */
  request(channel: string, data: ClientData, settings?: RequestSettings): Promise<Answer>;
}
