import type { Principal } from "../access/principal.js";
import { commit } from "../storage/commit.js";
import type { Change, StoredOwner } from "../storage/store.js";
import { CleanSession } from "./clean-session.js";
import type { Connection } from "./connection.js";
import { KeptSession, type KeptSessionContext } from "./kept-session.js";
import type { QoS } from "./message.js";
import { RetainedDelivery } from "./retained-delivery.js";
import type { Router } from "./router.js";
import type { Session, Subscriber } from "./session.js";

/** What identifies a client to the registry: the protocol engine's object for one connection. */
export interface SessionOwner {
  readonly id: string;
  /** The connection's clean-session flag [MQTT-3.1.2-6]. */
  readonly clean: boolean;
  /** Who it is, once that is known. */
  principal?: Principal;
  /** Set and read by {@link Sessions}. */
  session?: Session;
}

/** All sessions: the kept ones by client identifier, the clean ones by the connection that they live and end with. */
export class Sessions {
  readonly #kept = new Map<string, KeptSession>();
  /** Deliveries of retained messages under way. */
  readonly #retained = new Map<Session, RetainedDelivery>();
  /** Removals under way, by client identifier: a new session of that name must not get into one. */
  readonly #discarding = new Map<string, Promise<void>>();
  readonly #router: Router<Subscriber>;
  readonly #context: KeptSessionContext;

  constructor(router: Router<Subscriber>, context: KeptSessionContext) {
    this.#router = router;
    this.#context = context;
  }

  /** Kept sessions, connected or not. */
  get keptCount(): number {
    return this.#kept.size;
  }

  /** Whether the client identifier has a kept session, or may get one of `most`. */
  hasRoomFor(clientId: string, most: number): boolean {
    return this.#kept.has(clientId) || this.#kept.size < most;
  }

  kept(): Iterable<KeptSession> {
    return this.#kept.values();
  }

  /** Whose the kept session of a client identifier is; undefined when it is anybody's, or there is none. */
  ownerOf(clientId: string): StoredOwner | undefined {
    return this.#kept.get(clientId)?.owner;
  }

  /** Whether messages may be on their way to it that were taken before now. */
  isBehind(session: Session): boolean {
    return session.waiting > 0 || this.#retained.has(session);
  }

  /** Brings back what the store holds. Called before the first client connects. */
  async load(): Promise<void> {
    for await (const stored of this.#context.store.sessions()) {
      // One whose client was there when the broker ended is away since now, as far as anyone knows.
      const awaySince = stored.awaySince ?? Date.now();
      const { clientId, owner } = stored;
      // Written, or each further start would take it for away since then.
      if (stored.awaySince === undefined)
        this.#context.store.write({ type: "put-session", clientId, awaySince, ...(owner && { owner }) });
      const session = new KeptSession(clientId, this.#context, { ...stored, awaySince });
      for (const packetId of stored.incoming) session.incoming.set(packetId, undefined);
      for (const [filter, qos] of stored.subscriptions) this.subscribe(session, filter, qos);
      this.#kept.set(clientId, session);
    }
  }

  of(owner: SessionOwner): Session {
    owner.session ??= owner.clean
      ? new CleanSession(owner.id, this.#context)
      : (this.#kept.get(owner.id) ?? this.#open(owner.id));
    return owner.session;
  }

  /** Finds or makes the kept session of a client identifier, on the disk too; whether it was there before. */
  async keep(clientId: string, owner?: StoredOwner): Promise<boolean> {
    if (this.#isBack(clientId)) return true;
    await this.#discarding.get(clientId);
    if (this.#isBack(clientId)) return true;
    const session = this.#open(clientId, owner);
    try {
      await commit(this.#context.store, { type: "put-session", clientId, ...(owner && { owner }) });
    } catch (error) {
      // It would be taken for one that survives a restart.
      if (this.#kept.get(clientId) === session) this.#kept.delete(clientId);
      session.remove();
      throw error;
    }
    return false;
  }

  /** Ends a kept session for good, with its subscriptions and queue. */
  async discard(clientId: string): Promise<void> {
    const session = this.#kept.get(clientId);
    if (!session) return;
    this.#kept.delete(clientId);
    session.remove();
    this.#forget(session);
    const removal = this.#context.store.removeSession(session.queue);
    // Those who wait for it only need to know that it is over; its failure is the caller's.
    this.#discarding.set(
      clientId,
      removal.catch(() => undefined).finally(() => this.#discarding.delete(clientId)),
    );
    await removal;
  }

  subscribe(session: Session, filter: string, qos: QoS): void {
    if (session.removed) return; // its client is about to be closed, and nobody would take the filter out again
    session.subscriptions.set(filter, qos);
    this.#router.subscribe(filter, session, qos);
  }

  unsubscribe(session: Session, filters: readonly string[]): void {
    const retained = this.#retained.get(session);
    for (const filter of filters) {
      retained?.remove(filter);
      if (session.subscriptions.delete(filter)) this.#router.unsubscribe(filter, session);
    }
  }

  /** SUBACK for the filters is out: what was retained before follows [MQTT-3.3.1-6]. */
  deliverRetained(owner: SessionOwner, filters: readonly string[], connection: Connection | undefined): void {
    const session = this.of(owner);
    let delivery = this.#retained.get(session);
    if (!delivery) {
      const { store, onStoreFailure } = this.#context;
      delivery = new RetainedDelivery(session, store, {
        failure: (error) => onStoreFailure(owner.id, error),
        done: () => this.#retained.delete(session),
      });
      this.#retained.set(session, delivery);
    }
    delivery.add(filters, connection);
  }

  /** The connection is gone, and with it a session that is clean. */
  end(owner: SessionOwner, connection: Connection): void {
    const { session } = owner; // none, when the client was not let in
    session?.detach(connection);
    if (session && !session.kept) this.#forget(session);
  }

  /** Writes a kept session's subscriptions among `filters` to the store. */
  async storeSubscriptions(session: Session, filters: readonly string[]): Promise<void> {
    if (!session.kept || session.removed) return; // the rows may be another session's by now
    const { clientId } = session;
    const changes: Change[] = [];
    for (const filter of filters) {
      const qos = session.subscriptions.get(filter);
      changes.push(
        qos === undefined
          ? { type: "unsubscribe", clientId, filter }
          : { type: "subscribe", clientId, filter, qos },
      );
    }
    await commit(this.#context.store, ...changes);
  }

  /** Whether the client has a session; it must not expire before its connection is let in. */
  #isBack(clientId: string): boolean {
    const session = this.#kept.get(clientId);
    if (session && session.awaySince !== undefined) session.awaySince = Date.now();
    return session !== undefined;
  }

  #open(clientId: string, owner?: StoredOwner): KeptSession {
    const { store } = this.#context;
    const session = new KeptSession(clientId, this.#context, {
      queue: store.queue(clientId),
      awaySince: Date.now(), // until its connection is let in
      ...(owner && { owner }),
    });
    this.#kept.set(clientId, session);
    return session;
  }

  #forget(session: Session): void {
    for (const filter of session.clearSubscriptions()) this.#router.unsubscribe(filter, session);
  }
}
