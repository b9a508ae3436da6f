import type { LimitedLog } from "../log/limited.js";
import { SlowList } from "../outbox/slow-list.js";
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
  readonly #list = new SlowList<SlowReason, undefined>();
  readonly #log: LimitedLog;

  constructor(log: LimitedLog) {
    this.#log = log;
  }

  note(clientId: string, reason: SlowReason): void {
    const total = this.#list.note(clientId, reason, undefined);
    // That a connection was closed is logged where it ends.
    if (reason === "drainTimeout" || !this.#list.mayWarn(clientId)) return;
    this.#log.warn("message dropped", { client: clientId, reason, total, why: WHY[reason] });
  }

  /** Latest first. */
  list(): SlowClient[] {
    return this.#list.list().map(({ name, counts, firstAt, lastAt }) => ({
      clientId: name,
      counts,
      firstAt,
      lastAt,
    }));
  }
}
