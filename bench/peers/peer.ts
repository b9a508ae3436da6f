import type { Endpoint } from "../load/endpoint.js";
import type { Child, Children } from "../process/children.js";

/** How subscribers come in: MQTT over TCP, MQTT over WebSocket, or as subscribers of a channel over WebSocket. */
export type Entry = "tcp" | "websocket" | "channel";

export interface Start {
  readonly children: Children;
  /** For what the server writes; removed after the round. */
  readonly directory: string;
  /** Where a CPU profile is to be left, under which name. */
  readonly profile?: { readonly directory: string; readonly name: string };
}

/** A server that takes load. */
export interface RunningPeer {
  readonly process: Child;
  readonly publisher: Endpoint;
  readonly subscribers: Partial<Record<Entry, Endpoint>>;
}

/** A program to measure: Causeway, or what it is compared with. */
export interface Peer {
  readonly name: string;
  /** What it is and how it was set up, for the reader of the results. */
  readonly description: string;
  readonly entries: readonly Entry[];
  /** The command that installs what is missing here, or undefined when nothing is. */
  install(): string | undefined;
  version(): string;
  start(start: Start): Promise<RunningPeer>;
}

/** A server must be ready by then. */
export const READY_MS = 20_000;
export const HOST = "127.0.0.1";
