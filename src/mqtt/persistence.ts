import { Readable } from "node:stream";
import type { Change, Store, StoredMessage } from "../storage/store.js";
import type { QoS } from "./message.js";
import type { SessionOwner, Sessions } from "./sessions.js";

/** Stands for "this session was there before" in the list of its subscriptions; never subscribed to. */
export const SESSION_PRESENT = "$session/present";

interface EngineSubscription {
  readonly topic: string;
  readonly qos: QoS;
}

/** A connection that left a will, as far as the engine's object tells. */
interface WillOwner {
  readonly id: string;
  readonly closed?: boolean;
}

interface StoredWillOwner {
  /** The run of the broker that took it. */
  readonly brokerId: string;
  /** Absent for those of earlier runs. */
  readonly client?: object & { readonly closed?: boolean };
}

export interface TakenWill {
  readonly changes: readonly Change[];
  /** It could not be published. */
  putBack(): void;
}

/**
 * The `persistence` that the protocol engine is given. It answers the engine's questions from {@link Sessions} and the
 * store. Messages of clients and to them never pass through here: see {@link Inbound} and {@link Session}.
 */
export class EnginePersistence {
  readonly #sessions: Sessions;
  readonly #store: Store;
  /** Stored wills by client identifier, so that clients without one cost no write. */
  readonly #wills = new Map<string, StoredWillOwner>();
  readonly #brokerId: string;

  constructor(sessions: Sessions, store: Store, brokerId: string) {
    this.#sessions = sessions;
    this.#store = store;
    this.#brokerId = brokerId;
  }

  async setup(): Promise<void> {
    for await (const will of this.#store.wills()) this.#wills.set(will.clientId, { brokerId: will.brokerId });
  }

  // Subscriptions. Those of a kept session stay in the router while its client is away, so there are none to restore;
  // the engine takes "no subscriptions" for "no session" [MQTT-3.2.2-2], which SESSION_PRESENT prevents.

  async subscriptionsByClient({ id }: { id: string }): Promise<EngineSubscription[]> {
    const present = await this.#sessions.keep(id);
    return present ? [{ topic: SESSION_PRESENT, qos: 0 }] : [];
  }

  async addSubscriptions(client: SessionOwner, subscriptions: readonly EngineSubscription[]): Promise<void> {
    const filters = subscriptions.map(({ topic }) => topic);
    await this.#sessions.storeSubscriptions(this.#sessions.of(client), filters);
  }

  async removeSubscriptions(client: SessionOwner, filters: readonly string[]): Promise<void> {
    const session = this.#sessions.of(client);
    this.#sessions.unsubscribe(session, filters);
    await this.#sessions.storeSubscriptions(session, filters);
  }

  async cleanSubscriptions(client: SessionOwner): Promise<void> {
    await this.#sessions.discard(client.id);
  }

  /** Empty: see {@link RetainedDelivery}. */
  createRetainedStreamCombi(): Readable {
    return Readable.from([]);
  }

  /** Nothing: sessions send their queues themselves. An iterable, since streams would be most of what a CONNECT costs. */
  outgoingStream(): Iterable<never> {
    return [];
  }

  async cleanIncoming(client: SessionOwner): Promise<void> {
    this.#sessions.of(client).clearIncoming();
  }

  // Wills.

  async putWill(client: WillOwner, will: StoredMessage): Promise<void> {
    const { id } = client;
    this.#wills.set(id, { brokerId: this.#brokerId, client });
    const { topic, payload, qos, retain } = will;
    const stored = {
      clientId: id,
      brokerId: this.#brokerId,
      topic,
      payload: Buffer.from(payload ?? ""),
      qos,
      retain,
    };
    await this.#store.commit([{ type: "put-will", will: stored }]);
  }

  /**
   * A will is about to be published: what takes it out of the store with that. Undefined when what is stored under the
   * identifier is not this will: it was taken before, or the client is back with another.
   */
  takeWill(
    clientId: string,
    { client, brokerId = this.#brokerId }: Partial<StoredWillOwner>,
  ): TakenWill | undefined {
    const stored = this.#wills.get(clientId);
    if (!stored || stored.brokerId !== brokerId || stored.client !== client) return undefined;
    this.#wills.delete(clientId);
    return {
      changes: [{ type: "remove-will", clientId }],
      putBack: () => {
        if (!this.#wills.has(clientId)) this.#wills.set(clientId, stored);
      },
    };
  }

  async delWill({ id, brokerId }: { id: string; brokerId?: string }): Promise<void> {
    const stored = this.#wills.get(id);
    // With a broker's identifier it is about a connection that is over, or a will that was left behind and is published;
    // a client that has taken over since keeps its own.
    if (!stored || (brokerId !== undefined && stored.client?.closed !== true)) return;
    this.#wills.delete(id);
    await this.#store.commit([{ type: "remove-will", clientId: id }]);
  }

  /** Wills of earlier runs of the broker, whose clients have not come back. */
  streamWill(brokers: Readonly<Record<string, unknown>>): Readable {
    return Readable.from(this.#orphans(brokers));
  }

  async *#orphans(brokers: Readonly<Record<string, unknown>>): AsyncIterable<object> {
    for await (const will of this.#store.wills())
      if (will.brokerId !== this.#brokerId && !brokers[will.brokerId]) yield { cmd: "publish", ...will };
  }
}
