import type { LimitedLog } from "../log/limited.js";
import type { Counters } from "./counters.js";

/** What a client's slowness has led to. */
export type SlowReason = keyof Counters["dropped"] | "drainTimeout";

/** A client that could not keep up. Times in milliseconds since 1970. */
export interface SlowClient {
  readonly clientId: string;
  /** How often, by what happened. */
  readonly counts: Readonly<Partial<Record<SlowReason, number>>>;
  readonly firstAt: number;
  readonly lastAt: number;
}

interface Entry {
  readonly counts: Partial<Record<SlowReason, number>>;
  readonly firstAt: number;
  lastAt: number;
  warnedAt: number;
}

/** Names remembered; beyond, the one that has been quiet longest is forgotten. */
const MOST = 1_000;
const FORGET_MS = 10 * 60_000;
/** One client is written to the log at most this often. */
const WARN_MS = 10_000;

/** Why a message was dropped, with the key that bounds it. */
const WHY: Readonly<Record<keyof Counters["dropped"], string>> = {
  slowClient: "QoS 0, and the client's outbox is full (mqtt.maxOutboxSize)",
  queueFull: "its queue is full (mqtt.maxQueuedMessages, mqtt.maxQueuedSize, sessions.whenFull)",
  storedQueueFull:
    "its stored queue is full (mqtt.maxQueuedMessages, sessions.maxQueuedSize, sessions.whenFull)",
  expired: "it waited too long (messages.expiry)",
  damaged: "the store is damaged and cannot give it back",
};

/** Which clients have not kept up lately, and what it cost them. */
export class SlowClients {
  /** In the order of their last trouble, to within the grain of a second. */
  readonly #entries = new Map<string, Entry>();
  readonly #log: LimitedLog;

  constructor(log: LimitedLog) {
    this.#log = log;
  }

  note(clientId: string, reason: SlowReason): void {
    const now = Date.now();
    const entry = this.#entries.get(clientId) ?? this.#add(clientId, now);
    entry.counts[reason] = (entry.counts[reason] ?? 0) + 1;
    if (now - entry.lastAt > 1_000) {
      entry.lastAt = now;
      this.#entries.delete(clientId);
      this.#entries.set(clientId, entry);
    }
    // That a connection was closed is logged where it ends.
    if (reason === "drainTimeout" || now - entry.warnedAt < WARN_MS) return;
    entry.warnedAt = now;
    const total = entry.counts[reason];
    this.#log.warn("message dropped", { client: clientId, reason, total, why: WHY[reason] });
  }

  /** Latest first. */
  list(): SlowClient[] {
    this.#forgetQuiet(Date.now(), MOST);
    const list = [...this.#entries].map(([clientId, { counts, firstAt, lastAt }]) => ({
      clientId,
      counts: { ...counts },
      firstAt,
      lastAt,
    }));
    return list.reverse();
  }

  #add(clientId: string, now: number): Entry {
    this.#forgetQuiet(now, MOST - 1);
    const entry: Entry = { counts: {}, firstAt: now, lastAt: now, warnedAt: 0 };
    this.#entries.set(clientId, entry);
    return entry;
  }

  #forgetQuiet(now: number, most: number): void {
    for (const [clientId, { lastAt }] of this.#entries) {
      if (now - lastAt < FORGET_MS && this.#entries.size <= most) return;
      this.#entries.delete(clientId);
    }
  }
}
