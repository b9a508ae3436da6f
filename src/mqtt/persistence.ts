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

/**
 * The `persistence` that the protocol engine is given. It answers the engine's questions from {@link Sessions} and the
 * store. Messages of clients and to them never pass through here: see {@link Inbound} and {@link Session}.
 */
export class EnginePersistence {
  readonly #sessions: Sessions;
  readonly #store: Store;
  /** Client identifiers that have a stored will, so that those without one cost no write. */
  readonly #wills = new Set<string>();
  readonly #brokerId: string;

  constructor(sessions: Sessions, store: Store, brokerId: string) {
    this.#sessions = sessions;
    this.#store = store;
    this.#brokerId = brokerId;
  }

  async setup(): Promise<void> {
    for await (const will of this.#store.wills()) this.#wills.add(will.clientId);
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

  async putWill({ id }: { id: string }, will: StoredMessage): Promise<void> {
    this.#wills.add(id);
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
   * The client's will is about to be published: what takes it out of the store with that. Nothing, when it was taken
   * before: the engine looks for wills left behind again and again.
   */
  takeWill(clientId: string): Change[] {
    return this.#wills.delete(clientId) ? [{ type: "remove-will", clientId }] : [];
  }

  async delWill({ id, brokerId = this.#brokerId }: { id: string; brokerId?: string }): Promise<void> {
    // One that was left behind has been published and taken; what is there now is of a client that came back.
    if (brokerId !== this.#brokerId) return;
    if (this.#wills.delete(id)) await this.#store.commit([{ type: "remove-will", clientId: id }]);
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
