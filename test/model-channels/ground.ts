import pino from "pino";
import { openGate } from "../../src/access/open-gate.js";
import { Bridge } from "../../src/bridge/bridge.js";
import { Changes } from "../../src/gateway/changes.js";
import { ClientSession } from "../../src/gateway/client-session.js";
import { Counters } from "../../src/gateway/counters.js";
import { Overdue } from "../../src/gateway/overdue.js";
import { Rooms } from "../../src/gateway/rooms.js";
import type { SessionContext } from "../../src/gateway/session-context.js";
import { Clock } from "../../src/gateway/shaping/clock.js";
import { Filters } from "../../src/gateway/shaping/filters.js";
import { SlowSessions } from "../../src/gateway/slow-sessions.js";
import { nobody } from "../../src/gateway/watcher.js";
import { LimitedLog } from "../../src/log/limited.js";
import { Turn } from "../../src/outbox/turn.js";
import { MemoryBus } from "../channels/support/memory-bus.js";
import { startServer } from "../channels/support/server.js";
import { MemoryWire } from "./memory-wire.js";
import type { Plan } from "./plan.js";
import { SocketWire } from "./socket-wire.js";
import type { Wire } from "./wire.js";

/** What a run plays on. */
export interface Ground {
  readonly bus: MemoryBus;
  open(): Wire;
  /** What the server holds of clients. */
  left(): Record<string, number>;
  /** Sessions that it ended, by reason. */
  ended(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** Bytes that may wait for a session. */
const OUTBOX = 128 * 1024;
const NEWLINE = 0x0a;
/** A server on a port. */
export async function socketGround({ world, linger }: Plan): Promise<Ground> {
  const ends: (() => unknown)[] = [];
  const { bus, bridge, gateway, url } = await startServer(
    { after: (end) => ends.push(end) },
    {
      channels: world.rules,
      bridge: { maxTopics: world.maxTopics, linger },
      gateway: { maxOutboxSize: OUTBOX },
    },
  );
  return {
    bus,
    open: () => new SocketWire(url),
    left: () => {
      const { sessions, subscriptions } = gateway.stats();
      return { sessions, subscriptions, subscribers: bridge.stats().subscribers };
    },
    ended: () => gateway.stats().disconnects,
    close: async () => {
      for (const end of ends) await end();
    },
  };
}

/** The same sessions without sockets, which is faster, and slower where it should be. */
export function memoryGround({ world, linger }: Plan): Ground {
  const bus = new MemoryBus();
  const log = pino({ level: "silent" });
  const rules = world.rules.map((rule) => ({
    snapshot: true,
    presence: false,
    requireToken: false,
    ...rule,
  }));
  const options = {
    channels: rules,
    mqttChannels: true,
    maxTopics: world.maxTopics,
    maxHistorySize: 64 * 1024 ** 2,
    linger,
  };
  const bridge = new Bridge({ bus, log, options });
  const context = sessionContext(bridge, log);
  let sessions = 0;
  return {
    bus,
    open: () => {
      return new MemoryWire((transport) => {
        sessions++;
        transport.listen(new ClientSession(context, transport, () => sessions--));
      });
    },
    left: () => ({
      sessions,
      subscriptions: context.counters.subscriptions,
      subscribers: bridge.stats().subscribers,
      rooms: [...context.rooms.occupied()].length,
    }),
    ended: () => context.counters.disconnects,
    close: async () => bridge.close(),
  };
}

function sessionContext(channels: Bridge, log: pino.Logger): SessionContext {
  const throwIt = (error: unknown): void => {
    throw error;
  };
  const limitedLog = new LimitedLog(log);
  return {
    channels,
    log,
    limitedLog,
    version: "1.2.3",
    turn: new Turn(throwIt, NEWLINE),
    counters: new Counters(),
    rooms: new Rooms(nobody),
    gate: openGate,
    changes: new Changes(),
    rates: {},
    watcher: nobody,
    clock: new Clock(throwIt),
    overdue: new Overdue(60_000, throwIt),
    filters: new Filters(),
    slowSessions: new SlowSessions(limitedLog),
    options: {
      connectTimeout: 10_000,
      pingInterval: 0,
      pongTimeout: 8_000,
      expiryGrace: 0,
      maxSessions: 100,
      maxChannels: 10,
      maxFrameSize: 64 * 1024,
      maxOutboxSize: OUTBOX,
      maxOutboxAge: 60_000,
      maxHeldTopics: 1_000,
      maxHeldSize: 1024 * 1024,
    },
  };
}
