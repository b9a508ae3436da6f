import type { Logger } from "pino";
import type { Gate } from "../access/gate.js";
import { LimitedLog } from "../log/limited.js";
import { Turn } from "../outbox/turn.js";
import { Changes } from "./changes.js";
import type { Channels } from "./channels.js";
import { Counters } from "./counters.js";
import type { GatewayOptions } from "./options.js";
import { Overdue } from "./overdue.js";
import type { PublishRates } from "./publish-limit.js";
import { Rooms } from "./rooms.js";
import { Clock } from "./shaping/clock.js";
import { Filters } from "./shaping/filters.js";
import { SlowSessions } from "./slow-sessions.js";
import type { SubscribeRates } from "./subscribe-limit.js";
import { nobody, type Watcher } from "./watcher.js";

/** Between the replies and pushes of one frame. */
const NEWLINE = 0x0a;

export interface GatewayDependencies {
  readonly channels: Channels;
  readonly options: GatewayOptions;
  readonly log: Logger;
  /** The server's version, told to clients. */
  readonly version: string;
  readonly gate: Gate;
  /** What one session may publish, and subscribe to. Default: no bound. */
  readonly rates?: Rates;
  /** Hears what happens. */
  readonly watcher?: Watcher;
}

export type Rates = PublishRates & SubscribeRates;

/** What all sessions of a gateway share. */
export interface SessionContext {
  readonly channels: Channels;
  readonly options: GatewayOptions;
  readonly version: string;
  readonly turn: Turn;
  readonly counters: Counters;
  readonly log: Logger;
  readonly limitedLog: LimitedLog;
  readonly rooms: Rooms;
  readonly gate: Gate;
  /** Of what the gate knows. */
  readonly changes: Changes;
  readonly rates: Rates;
  readonly watcher: Watcher;
  readonly clock: Clock;
  readonly overdue: Overdue;
  readonly filters: Filters;
  readonly slowSessions: SlowSessions;
}

export function createContext({
  channels,
  options,
  log,
  version,
  gate,
  rates = {},
  watcher = nobody,
}: GatewayDependencies): SessionContext {
  const limitedLog = new LimitedLog(log);
  const failed = (error: unknown): void => log.error({ err: error }, "a session could not be written");
  return {
    channels,
    options,
    log,
    limitedLog,
    version,
    turn: new Turn(failed, NEWLINE),
    counters: new Counters(),
    rooms: new Rooms(watcher),
    gate,
    changes: new Changes(),
    rates,
    watcher,
    clock: new Clock(failed),
    overdue: new Overdue(options.maxOutboxAge, failed),
    filters: new Filters(),
    slowSessions: new SlowSessions(limitedLog),
  };
}
