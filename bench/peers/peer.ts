import type { QoS } from "../load/protocols/protocol.js";
import type { Endpoint } from "../load/wire/endpoint.js";
import type { Child, Children } from "../process/children.js";

/** How subscribers come in: MQTT over TCP, MQTT over WebSocket, or as subscribers of a channel over WebSocket. */
export type Entry = "tcp" | "websocket" | "channel";

/** What a scenario asks of a server. */
export interface Demand {
  readonly entry: Entry;
  readonly qos: QoS;
  /** Open at the same time. */
  readonly connections: number;
  /** Subscribers' sessions outlive their connections. */
  readonly kept?: boolean;
  /** Messages of one publisher that may be unacknowledged, where it sends as many as it can. */
  readonly unacknowledged?: number;
  /** Messages that wait for one kept session. */
  readonly queued?: number;
  /** What is kept outlives the server. */
  readonly persistent?: boolean;
  /** So many rules say who may do what. Servers other than Causeway are not given any. */
  readonly rights?: number;
  /** A page in a browser shows all topics. */
  readonly page?: Page;
}

/** What a page asks for. */
export interface Page {
  /** As much as it is to be given, as in `30/s`, where a server can limit that. */
  readonly maxRate: string;
}

export interface Start {
  readonly children: Children;
  /** For what the server writes, and finds again when it is started anew; removed after the round. */
  readonly directory: string;
  readonly demand: Demand;
  /** Where a CPU profile is to be left, under which name. */
  readonly profile?: { readonly directory: string; readonly name: string };
}

/** A server that takes load. */
export interface RunningPeer {
  readonly process: Child;
  /** Publishers always come in over TCP where a server has that. */
  readonly publisher: Endpoint;
  /** By the entry that was demanded. */
  readonly subscriber: Endpoint;
  /** What a page is to subscribe to there. */
  readonly pageChannel?: string;
  /** URL of its metrics, where they tell what it writes to the disk. */
  readonly metrics?: string;
}

/** A program to measure: Causeway, or what it is compared with. */
export interface Peer {
  readonly name: string;
  /** It is Causeway, set up in another way: something to look at beside it, and nothing to win against. */
  readonly variant?: true;
  /** What it is and how it was set up, for the reader of the results. */
  readonly description: string;
  /** Why it cannot do what is demanded, or undefined when it can. */
  lacks(demand: Demand): string | undefined;
  /** The command that installs what is missing here, or undefined when nothing is. */
  install(): string | undefined;
  version(): string;
  start(start: Start): Promise<RunningPeer>;
}

/** A server must be ready by then, also with much to find. One that cannot start ends sooner. */
export const READY_MS = 120_000;
export const HOST = "127.0.0.1";
