import { type ChannelAction, channelActions } from "../access/rights.js";
import type { disconnects } from "./codes.js";
import type { TransportName } from "./transport.js";

export type DisconnectName = keyof typeof disconnects;

/** Why a session is closed as too slow: too much waited for it, or for too long. */
export type SlowCause = "bytes" | "age";

/** What the gateway counts; gauges are taken when somebody asks. */
export class Counters {
  opened = 0;
  /** Sessions that were refused with an HTTP status. */
  refused = 0;
  /** Requests to /emulation that were refused, by HTTP status. */
  readonly refusedRequests: Record<number, number> = {};
  /** Open sessions of the channel protocol. */
  readonly transports: Record<TransportName, number> = { websocket: 0, http_stream: 0, sse: 0 };
  subscriptions = 0;
  commands = 0;
  /** Commands that were answered with an error. */
  errors = 0;
  messagesSent = 0;
  /** Each counts once, however many sessions it was compressed for. */
  messagesCompressed = 0;
  bytesSent = 0;
  messagesReceived = 0;
  /** Sessions that the server ended, by the name of the code. */
  readonly disconnects: Partial<Record<DisconnectName, number>> = {};
  /** Those that were too slow, by cause. */
  readonly slowCloses: Record<SlowCause, number> = { bytes: 0, age: 0 };
  /** What was refused for want of rights. */
  readonly denied = Object.fromEntries(channelActions.map((action) => [action, 0])) as Record<
    ChannelAction,
    number
  >;
  /** Sessions that ended because what their client sent was no message, or too large a one. */
  broken = 0;
  /** Publications, requests and subscriptions over the rates of one session. */
  overRate = 0;
  /** Publications that a newer one of their topic has replaced before they were sent. */
  conflated = 0;
  /** Topics given up at `gateway.maxHeldTopics` or `gateway.maxHeldSize`. */
  heldDropped = 0;
  /** Maps that had to begin anew there. */
  heldRestarts = 0;
  /** What is held back for a rate or a slow client, over all subscriptions. */
  heldTopics = 0;
  heldBytes = 0;
  /** Publications told as what has changed. */
  deltas = 0;
  /** Values that are held as what the next one of a subscription is told against. */
  deltaBases = 0;
  deltaBaseBytes = 0;

  disconnected(name: DisconnectName): void {
    this.disconnects[name] = (this.disconnects[name] ?? 0) + 1;
  }
}

/** What `stats()` gives. */
export interface GatewayStats {
  readonly sessions: number;
  readonly plainSessions: number;
  readonly subscriptions: number;
  readonly opened: number;
  readonly refused: number;
  readonly refusedRequests: Readonly<Record<number, number>>;
  readonly transports: Readonly<Record<TransportName, number>>;
  readonly commands: number;
  readonly errors: number;
  readonly messagesSent: number;
  readonly messagesCompressed: number;
  readonly bytesSent: number;
  readonly messagesReceived: number;
  readonly disconnects: Readonly<Partial<Record<DisconnectName, number>>>;
  readonly slowCloses: Readonly<Record<SlowCause, number>>;
  readonly denied: Readonly<Record<ChannelAction, number>>;
  readonly broken: number;
  readonly overRate: number;
  /** Different filters in use. */
  readonly filters: number;
  readonly conflated: number;
  readonly heldDropped: number;
  readonly heldRestarts: number;
  readonly heldTopics: number;
  readonly heldBytes: number;
  readonly deltas: number;
  readonly deltaBases: number;
  readonly deltaBaseBytes: number;
}
