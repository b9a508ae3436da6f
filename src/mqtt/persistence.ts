import { Readable } from "node:stream";
import type { Store, StoredMessage, StoredOwner, StoredWill } from "../storage/store.js";
import type { QoS } from "./message.js";
import { ownerOf } from "./owner.js";
import type { SessionOwner, Sessions } from "./sessions.js";
import { reservedFault, topicNameFault } from "./topics.js";
import { type WillOwner, Wills } from "./wills.js";

/** Stands for "this session was there before" in the list of its subscriptions; never subscribed to. */
export const SESSION_PRESENT = "$session/present";

interface EngineSubscription {
  readonly topic: string;
  readonly qos: QoS;
}

export interface PersistenceContext {
  /** Whose the identifier of a client that is let in is. */
  ownerOf(clientId: string): StoredOwner | undefined;
  /** Whether a will that an earlier run left behind may be published by its owner. */
  mayPublish(will: StoredWill): boolean;
}

/**
 * The `persistence` that the protocol engine is given. It answers the engine's questions from {@link Sessions} and the
 * store. Messages of clients and to them never pass through here: see {@link Inbound} and {@link Session}.
 */
export class EnginePersistence {
  readonly #sessions: Sessions;
  readonly #brokerId: string;
  readonly #context: PersistenceContext;
  readonly wills: Wills;

  constructor(sessions: Sessions, store: Store, brokerId: string, context: PersistenceContext) {
    this.#context = context;
    this.#sessions = sessions;
    this.#brokerId = brokerId;
    this.wills = new Wills(store, brokerId);
  }

  async setup(): Promise<void> {
    await this.wills.load();
  }

  // Subscriptions. Those of a kept session stay in the router while its client is away, so there are none to restore;
  // the engine takes "no subscriptions" for "no session" [MQTT-3.2.2-2], which SESSION_PRESENT prevents.

  async subscriptionsByClient({ id }: { id: string }): Promise<EngineSubscription[]> {
    const present = await this.#sessions.keep(id, this.#context.ownerOf(id));
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

  async putWill(client: WillOwner, will: Omit<StoredMessage, "time">): Promise<void> {
    const { topic, payload, qos, retain } = will;
    const owner = client.principal && ownerOf(client.principal);
    await this.wills.put(client, {
      clientId: client.id,
      ...(owner && { owner }),
      brokerId: this.#brokerId,
      topic,
      payload: Buffer.from(payload ?? ""),
      qos,
      retain,
      time: Date.now(),
    });
  }

  /** Called by CONNECT without a broker's identifier, and with one when a connection is over or a will was published. */
  async delWill({ id, brokerId }: { id: string; brokerId?: string }): Promise<void> {
    const dropped = brokerId === undefined ? this.wills.dropLeftBehind(id) : this.wills.dropClosed(id);
    // The engine takes no failure here. A store that cannot write refuses what follows, if that has to be stored.
    await dropped.catch(() => undefined);
  }

  /** Wills of earlier runs of the broker, whose clients have not come back. */
  streamWill(brokers: Readonly<Record<string, unknown>>): Readable {
    return Readable.from(this.#orphans(brokers));
  }

  async *#orphans(brokers: Readonly<Record<string, unknown>>): AsyncIterable<object> {
    for await (const will of this.wills.leftBehind()) {
      if (brokers[will.brokerId]) continue;
      // One that may not be published would end the engine's round, and keep back those after it for ever.
      if (isPublishable(will) && this.#context.mayPublish(will)) yield { cmd: "publish", ...will };
      else await this.delWill({ id: will.clientId });
    }
  }
}

function isPublishable({ topic }: StoredMessage): boolean {
  return (topicNameFault(topic) ?? reservedFault(topic)) === undefined;
}
