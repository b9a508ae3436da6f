import type { disconnects } from "./codes.js";

export type DisconnectName = keyof typeof disconnects;

/** What the gateway counts; gauges are taken when somebody asks. */
export class Counters {
  opened = 0;
  /** Upgrades that were answered with an HTTP status. */
  refused = 0;
  subscriptions = 0;
  commands = 0;
  /** Commands that were answered with an error. */
  errors = 0;
  messagesSent = 0;
  bytesSent = 0;
  messagesReceived = 0;
  /** Sessions that the server ended, by the name of the code. */
  readonly disconnects: Partial<Record<DisconnectName, number>> = {};

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
  readonly commands: number;
  readonly errors: number;
  readonly messagesSent: number;
  readonly bytesSent: number;
  readonly messagesReceived: number;
  readonly disconnects: Readonly<Partial<Record<DisconnectName, number>>>;
}
