import type { Change, QueuedMessage, Store } from "../storage/store.js";
import type { Connection } from "./connection.js";
import { Message } from "./message.js";
import { type Inflight, Session, type SessionContext } from "./session.js";

/** Identifiers in use that are passed over when a message is given its number. */
const MOST_SKIPPED = 100;
/** Messages read from the store at a time. */
const PAGE = 100;

export interface KeptSessionContext extends SessionContext {
  readonly store: Store;
  onStoreFailure(clientId: string, error: unknown): void;
}

/**
 * A session that outlives its connection. Every QoS 1 and 2 message has a sequence number and is in the store before
 * it is sent; the packet identifier follows from that number, so that a message keeps it across restarts
 * [MQTT-4.4.0-1]. While the client keeps up, messages go to it as they come; once it falls behind they are read from
 * the store, in order, as its acknowledgements arrive.
 */
export class KeptSession extends Session {
  override readonly kept = true;
  protected override readonly context: KeptSessionContext;
  /** Sequence numbers in the stored queue, in order. */
  readonly #queued: Set<number>;
  #nextSequence: number;
  /** The last number that went to the current connection. */
  #cursor = 0;
  /** The last number that was sent to any connection: up to it, sending again is a resend. */
  #sentUpTo: number;
  /**
   * The last number that the store held at the start. Acknowledgements may have been lost in a crash, so how far the client had
   * been sent is not known: all of it may be a resend.
   */
  readonly #loadedUpTo: number;
  /** The last number known to be in the store. */
  #committed: number;
  /** Whether nothing but what is in flight is left in the store. */
  #caughtUp = false;
  #reading = false;

  constructor(clientId: string, context: KeptSessionContext, storedQueue: readonly number[] = []) {
    super(clientId, context);
    this.context = context;
    this.#queued = new Set(storedQueue);
    const last = storedQueue.at(-1) ?? 0;
    this.#nextSequence = last + 1;
    this.#committed = last;
    this.#loadedUpTo = last;
    this.#sentUpTo = storedQueue[Math.min(storedQueue.length, context.limits.maxInflight) - 1] ?? 0;
  }

  override get reachable(): boolean {
    return !this.removed;
  }

  override get waiting(): number {
    return this.#queued.size - this.inflight.size;
  }

  /** Reserves the next place in the queue; the changes must be committed before the message is delivered. */
  reserve(message: Message, qos: 1 | 2, retain = false): { sequence: number; changes: Change[] } {
    const { clientId } = this;
    const changes: Change[] = [];
    if (this.waiting >= this.context.limits.maxQueuedMessages) changes.push(...this.#dropOldest());
    const sequence = this.#takeSequence();
    this.#queued.add(sequence);
    const { topic, payload } = message;
    changes.push({ type: "enqueue", clientId, sequence, message: { topic, payload, qos, retain } });
    return { sequence, changes };
  }

  /** Gives back a place whose message could not be stored. */
  cancel(sequence: number): void {
    this.#queued.delete(sequence);
  }

  /** The session was removed: it must not touch the store any more. */
  remove(): void {
    this.removed = true;
    this.connection = undefined;
  }

  override attach(connection: Connection): void {
    this.inflight.clear();
    this.#cursor = 0;
    this.#caughtUp = false;
    super.attach(connection);
  }

  override detach(connection: Connection): void {
    if (this.connection === connection) this.inflight.clear();
    super.detach(connection);
  }

  /** On the disk first: after PUBCOMP the client may use the identifier for another message [MQTT-4.3.3-2]. */
  override forgetIncoming(packetId: number): Promise<void> | undefined {
    const { clientId } = this;
    const known = this.incoming.delete(packetId) && !this.removed;
    return this.context.store.commit(known ? [{ type: "remove-incoming", clientId, packetId }] : []);
  }

  protected override deliverReliably(message: Message, qos: 1 | 2, sequence = 0): void {
    this.#committed = Math.max(this.#committed, sequence);
    if (!this.#queued.has(sequence) || sequence <= this.#cursor) return; // dropped, or already read from the store
    const packetId = packetIdOf(sequence);
    if (!this.#caughtUp || !this.room || this.inflight.has(packetId)) {
      this.#caughtUp = false;
      return;
    }
    this.#passed(sequence);
    this.transmit(message, { qos, packetId, sequence, dup: false, retain: false });
  }

  protected override enqueueRetained(message: Message, qos: 1 | 2): void {
    if (this.removed) return;
    const { sequence, changes } = this.reserve(message, qos, true);
    this.context.store.commit(changes).then(
      () => {
        this.#committed = Math.max(this.#committed, sequence);
        this.#caughtUp = false;
        this.advance();
      },
      (error) => {
        this.cancel(sequence);
        this.context.onStoreFailure(this.clientId, error);
      },
    );
  }

  protected override acknowledge({ sequence = 0 }: Inflight): void {
    this.#queued.delete(sequence);
    if (this.removed) return;
    // Losing this in a crash only makes the message be sent once more, or PUBREL for it.
    this.context.store.commitLazily([{ type: "dequeue", clientId: this.clientId, sequence }]);
  }

  protected override async release({ sequence = 0 }: Inflight): Promise<void> {
    if (!this.removed)
      await this.context.store.commit([{ type: "release", clientId: this.clientId, sequence }]);
  }

  protected override advance(): void {
    if (this.#reading || this.#caughtUp || !this.room) return;
    this.#reading = true;
    this.#readOn().catch((error) => {
      this.context.onStoreFailure(this.clientId, error);
      this.connection?.abort("its queue cannot be read from the store");
    });
  }

  async #readOn(): Promise<void> {
    try {
      await this.#readPages();
    } finally {
      this.#reading = false;
    }
  }

  async #readPages(): Promise<void> {
    while (this.room && !this.#caughtUp && !this.removed) {
      const { connection } = this;
      const known = this.#committed;
      const limit = Math.min(PAGE, this.context.limits.maxInflight - this.inflight.size);
      const page = await this.context.store.queue(this.clientId, this.#cursor, limit);
      if (this.connection !== connection) continue; // taken over meanwhile: start again for the new one
      if (page.length === 0) {
        this.#cursor = Math.max(this.#cursor, known);
        this.#caughtUp = this.#committed === known;
      }
      for (const entry of page) if (!this.#resume(entry)) return;
    }
  }

  /** Sends a stored message; false when there is no room for it. */
  #resume({ sequence, message }: QueuedMessage): boolean {
    if (!this.#queued.has(sequence)) {
      this.#passed(sequence); // dropped or acknowledged meanwhile
      return true;
    }
    const packetId = packetIdOf(sequence);
    if (!this.room || this.inflight.has(packetId)) return false;
    const resend = sequence <= Math.max(this.#sentUpTo, this.#loadedUpTo);
    this.#passed(sequence);
    if (!message) this.transmitPubrel(packetId, sequence);
    else {
      const { qos, retain } = message;
      this.transmit(new Message(message), { qos: qos as 1 | 2, packetId, sequence, dup: resend, retain });
    }
    return true;
  }

  #passed(sequence: number): void {
    this.#cursor = Math.max(this.#cursor, sequence);
    this.#sentUpTo = Math.max(this.#sentUpTo, sequence);
  }

  /** The next number whose identifier is not in use, so that one message never acknowledged does not hold up the others. */
  #takeSequence(): number {
    for (let skipped = 0; skipped < MOST_SKIPPED; skipped++) {
      if (!this.inflight.has(packetIdOf(this.#nextSequence))) break;
      this.#nextSequence++;
    }
    return this.#nextSequence++;
  }

  /** Makes room by dropping the oldest message that the client has not been sent. */
  #dropOldest(): Change[] {
    for (const sequence of this.#queued) {
      if (sequence <= this.#sentUpTo) continue;
      this.#queued.delete(sequence);
      this.context.counters.dropped.storedQueueFull++;
      this.context.onDrop(this.clientId, "storedQueueFull");
      return [{ type: "dequeue", clientId: this.clientId, sequence }];
    }
    return [];
  }
}

/** Identifiers are 1 to 65,535 [MQTT-2.3.1-1] and do not repeat within any 65,535 messages in a row. */
function packetIdOf(sequence: number): number {
  return ((sequence - 1) % 65_535) + 1;
}
