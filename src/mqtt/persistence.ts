import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Store, StoredMessage } from "../storage/store.js";
import type { QoS } from "./message.js";
import type { SessionOwner, Sessions } from "./sessions.js";

/** Stands for "this session was there before" in the list of its subscriptions; never subscribed to. */
export const SESSION_PRESENT = "$session/present";

interface EnginePacket {
  readonly cmd?: string;
  readonly messageId?: number;
}

interface EngineSubscription {
  readonly topic: string;
  readonly qos: QoS;
}

/**
 * The `persistence` that the protocol engine is given. It answers the engine's questions from {@link Sessions} and the
 * store. Outgoing messages never pass through here: sessions send them themselves.
 */
export class EnginePersistence {
  readonly #sessions: Sessions;
  readonly #store: Store;
  /** Client identifiers that have a stored will, so that those without one cost no write. */
  readonly #wills = new Set<string>();
  readonly #brokerId: string;
  readonly #onError: (error: unknown, doing: string) => void;

  constructor(
    sessions: Sessions,
    store: Store,
    brokerId: string,
    onError: (error: unknown, doing: string) => void,
  ) {
    this.#sessions = sessions;
    this.#store = store;
    this.#brokerId = brokerId;
    this.#onError = onError;
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

  // Retained messages.

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.#retained(filters));
  }

  async *#retained(filters: readonly string[]): AsyncIterable<StoredMessage> {
    try {
      for (const filter of filters) yield* this.#store.retained(filter);
    } catch (error) {
      this.#onError(error, "reading retained messages");
    }
  }

  // Outgoing QoS 1 and 2: the client's acknowledgements.

  outgoingStream(): Readable {
    return Readable.from([]);
  }

  async outgoingClearMessageId(client: SessionOwner, { messageId = 0 }: EnginePacket): Promise<void> {
    this.#sessions.of(client).acknowledged(messageId);
  }

  /** PUBREC has come; PUBREL goes out when this resolves. */
  async outgoingUpdate(client: SessionOwner, { messageId = 0 }: EnginePacket): Promise<void> {
    await this.#sessions.of(client).receivedByClient(messageId);
  }

  // Incoming QoS 2.

  /** Resolves when the identifier is known, that is, when this PUBLISH is a repetition; rejects when it is new. */
  async incomingGetPacket(client: SessionOwner, packet: EnginePacket): Promise<EnginePacket> {
    const { incoming } = this.#sessions.of(client);
    const known = () => incoming.has(packet.messageId ?? 0);
    // PUBREC must not go out before what it acknowledges is stored. When that fails, the identifier is forgotten by
    // the end of the turn, and the repetition is taken for what it then is: the first that can be stored.
    if (known()) await this.#store.commit([]).then(nextTurn, nextTurn);
    if (!known()) throw new Error("not a known packet identifier");
    return packet;
  }

  /** Nothing yet: the identifier is stored together with the message, in one write. */
  async incomingStorePacket(): Promise<void> {}

  async incomingDelPacket(client: SessionOwner, { messageId = 0 }: EnginePacket): Promise<void> {
    const session = this.#sessions.of(client);
    session.incoming.delete(messageId);
    // On the disk before PUBCOMP, after which the client may use the identifier for another message [MQTT-4.3.3-2].
    if (session.kept)
      await this.#store.commit([
        { type: "remove-incoming", clientId: session.clientId, packetId: messageId },
      ]);
  }

  async cleanIncoming(client: SessionOwner): Promise<void> {
    this.#sessions.of(client).incoming.clear();
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

  async delWill({ id }: { id: string }): Promise<void> {
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
