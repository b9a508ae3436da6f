import { setImmediate as nextTurn } from "node:timers/promises";
import type { Store } from "../storage/store.js";
import type { Connection } from "./connection.js";
import { Message } from "./message.js";
import type { Session } from "./session.js";

/** SUBSCRIBEs to the same filter that are told apart while they wait. */
const MOST_TIMES = 100;
/** Messages after which the rest of the process gets its turn. */
const STRETCH = 64;

interface Wanted {
  /** How often the filter was subscribed to. */
  readonly times: number;
  /** The connection that did so last. */
  readonly subscribed: Connection | undefined;
}

/**
 * Sends one client what was retained before it subscribed: one filter after the other and as fast as the client takes it,
 * so that neither many SUBSCRIBEs nor a large set of retained messages fills the memory.
 */
export class RetainedDelivery {
  readonly #session: Session;
  readonly #store: Store;
  readonly #onFailure: (error: unknown) => void;
  readonly #onDone: () => void;
  /** Filters that wait, no more of them than the client has subscriptions. */
  readonly #filters = new Map<string, Wanted>();
  #running = false;

  constructor(session: Session, store: Store, on: { failure(error: unknown): void; done(): void }) {
    this.#session = session;
    this.#store = store;
    this.#onFailure = on.failure;
    this.#onDone = on.done;
  }

  /** The client has subscribed to the filters over a connection. */
  add(filters: readonly string[], subscribed: Connection | undefined): void {
    for (const filter of filters) {
      const { times = 0 } = this.#filters.get(filter) ?? {};
      this.#filters.set(filter, { times: Math.min(times + 1, MOST_TIMES), subscribed });
    }
    if (!this.#running) this.#run().catch(this.#onFailure);
  }

  remove(filter: string): void {
    this.#filters.delete(filter);
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      // A map's iterator goes on to what is added while it is gone through.
      for (const [filter] of this.#filters) {
        const { times = 0, subscribed } = this.#filters.get(filter) ?? {};
        this.#filters.delete(filter);
        // Every SUBSCRIBE gets them again, also to the same filter [MQTT-3.8.4-3].
        for (let time = 0; time < times; time++) await this.#send(filter, subscribed);
      }
    } finally {
      this.#onDone();
    }
  }

  async #send(filter: string, subscribed: Connection | undefined): Promise<void> {
    let sent = 0;
    for await (const message of this.#store.retained(filter)) {
      if (!this.#session.reachable) return;
      await this.#session.deliverRetained(new Message(message), subscribed);
      if (++sent % STRETCH === 0) await nextTurn();
    }
  }
}
