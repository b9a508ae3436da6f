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
}

export interface Start {
  readonly children: Children;
  /** For what the server writes; removed after the round. */
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
}

/** A program to measure: Causeway, or what it is compared with. */
export interface Peer {
  readonly name: string;
  /** What it is and how it was set up, for the reader of the results. */
  readonly description: string;
  /** Why it cannot do what is demanded, or undefined when it can. */
  lacks(demand: Demand): string | undefined;
  /** The command that installs what is missing here, or undefined when nothing is. */
  install(): string | undefined;
  version(): string;
  start(start: Start): Promise<RunningPeer>;
}

/** A server must be ready by then. */
export const READY_MS = 20_000;
export const HOST = "127.0.0.1";
