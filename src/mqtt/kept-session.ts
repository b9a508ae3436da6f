import type {
  Place,
  QueuedMessage,
  QueueState,
  Store,
  StoredOwner,
  StoredQueue,
  StoredSession,
  Unacknowledged,
} from "../storage/store.js";
import { Backlog } from "./backlog.js";
import type { Connection } from "./connection.js";
import { Message } from "./message.js";
import { type NearLimit, type NearMessage, NearMessages } from "./near-messages.js";
import { OwedMessages } from "./owed-messages.js";
import { type Inflight, Session, type SessionContext } from "./session.js";

/** Messages read from the store at a time. */
const PAGE = 100;
/** And bytes of payload, since the connection may take no more of them. */
const PAGE_BYTES = 1024 * 1024;
/** Identifiers in use that are passed over when a message is given its number. */
const MOST_SKIPPED = 100;

export interface KeptSessionContext extends SessionContext {
  readonly store: Store;
  readonly nearLimit: NearLimit;
  onStoreFailure(clientId: string, error: unknown): void;
}

/** A place in a session's queue, and whose it is. */
export interface KeptPlace extends Place {
  readonly subscriber: KeptSession;
}

/** What a session begins with: nothing, or what the store held. */
type Beginning = Pick<StoredSession, "queue"> & Partial<StoredSession>;

/**
 * A session that outlives its connection. Every QoS 1 and 2 message has a sequence number and is in the store before
 * it is sent; the packet identifier follows from that number, so that a message keeps it across restarts
 * [MQTT-4.4.0-1]. While the client keeps up, messages go to it as they come; once it falls behind they are read from
 * the store, in order, as its acknowledgements arrive.
 */
export class KeptSession extends Session implements QueueState {
  override readonly kept = true;
  protected override readonly context: KeptSessionContext;
  /** When its client went away, in milliseconds since 1970; undefined while it is there. */
  awaySince: number | undefined;
  /** Undefined for an anonymous client's. */
  owner: StoredOwner | undefined;
  readonly #queue: StoredQueue;
  readonly #backlog: Backlog;
  readonly #owed: OwedMessages;
  /** The last number that was given. */
  #last: number;
  /** The last number that was gone through for the current connection. */
  #cursor = 0;
  /**
   * The last number that the store held at the start. Acknowledgements may have been lost in a crash, so how far the client had
   * been sent is not known: all of it may be a resend.
   */
  readonly #loadedUpTo: number;
  /** The last number known to be in the store. */
  #committed: number;
  /** Whether nothing is left in the store but what is in flight or in `#near`. */
  #caughtUp = false;
  readonly #near: NearMessages;
  #reading = false;

  constructor(clientId: string, context: KeptSessionContext, stored: Beginning) {
    super(clientId, context);
    this.context = context;
    const { queue, places, unacknowledged = [], passed, last = 0, awaySince, owner } = stored;
    this.#queue = queue;
    this.#backlog = new Backlog(context.limits, passed, places);
    this.#near = new NearMessages(context.nearLimit);
    this.#owed = new OwedMessages(unacknowledged);
    this.#last = last;
    this.#committed = last;
    this.#loadedUpTo = last;
    this.awaySince = awaySince;
    this.owner = owner;
    queue.owner = this;
  }

  override get reachable(): boolean {
    return !this.removed;
  }

  override get waiting(): number {
    return this.#backlog.count + this.#owed.size - this.inflightCount;
  }

  get waitingBytes(): number {
    return this.#backlog.bytes;
  }

  /** Up to this number messages have been sent to a connection, dropped or expired. */
  get passed(): number {
    return this.#backlog.passed;
  }

  get queue(): StoredQueue {
    return this.#queue;
  }

  get unacknowledged(): Iterable<Unacknowledged> {
    return this.#owed;
  }

  /** Reserves the next place in the queue; undefined when that is full and refuses what is new. */
  reserve(message: Message, qos: 1 | 2, retain = false): KeptPlace | undefined {
    if (this.#backlog.isFullFor(message) && !this.#makeRoom(message)) return undefined;
    const sequence = this.#takeSequence();
    this.#backlog.add(sequence, message);
    return { subscriber: this, queue: this.#queue, sequence, qos, retain };
  }

  /** The session was removed: it must not touch the store any more. */
  override remove(): void {
    super.remove();
    this.#caughtUp = false;
    this.#near.clear();
  }

  override attach(connection: Connection): void {
    this.#setAway(undefined);
    this.#queue.attached = true;
    this.inflight.clear();
    this.#near.clear();
    this.#owed.startResends();
    this.#cursor = (this.#owed.nextResend ?? this.passed + 1) - 1;
    this.#caughtUp = false;
    super.attach(connection);
  }

  override detach(connection: Connection): void {
    if (this.connection === connection) {
      this.inflight.clear();
      this.#near.clear();
      this.#owed.stopResends();
      this.#caughtUp = false;
      this.#queue.changed();
      this.#queue.attached = false;
      this.#setAway(Date.now());
    }
    super.detach(connection);
  }

  /** On the disk first: after PUBCOMP the client may use the identifier for another message [MQTT-4.3.3-2]. */
  override forgetIncoming(packetId: number): Promise<void> | undefined {
    const { clientId } = this;
    const { store } = this.context;
    if (this.incoming.delete(packetId) && !this.removed)
      store.write({ type: "remove-incoming", clientId, packetId });
    return store.flush();
  }

  /** Lets go of some of the messages that were taken before `time`; whether the store had to be asked. */
  async expire(time: number): Promise<boolean> {
    const backlog = this.#backlog;
    if (backlog.count === 0 || backlog.oldestTime >= time) return false;
    const entries = await this.#queue.read(this.passed, PAGE, PAGE_BYTES);
    const { passed } = this;
    // What cannot be read, or is not written yet, is looked at again when it may have expired.
    backlog.oldestTime = entries[0]?.message.time ?? Date.now();
    for (const { sequence, message } of entries) {
      backlog.oldestTime = message.time;
      if (message.time >= time || this.removed) break;
      if (sequence <= this.passed) continue; // sent meanwhile
      backlog.pass(sequence);
      this.#drop("expired");
    }
    if (this.passed > passed) this.#queue.changed();
    return true;
  }

  protected override deliverReliably(message: Message, qos: 1 | 2, sequence = 0): void {
    this.#deliverNext({ message, qos, sequence, retain: false });
  }

  protected override enqueueRetained(message: Message, qos: 1 | 2): void {
    if (this.removed) return;
    const place = this.reserve(message, qos, true);
    if (!place) return;
    const { store } = this.context;
    store.enqueue(message, [place]);
    store.flush().then(
      () => this.#deliverNext({ message, qos, sequence: place.sequence, retain: true }),
      (error) => this.context.onStoreFailure(this.clientId, error),
    );
  }

  protected override acknowledge({ sequence = 0 }: Inflight): void {
    // Losing this in a crash only makes the message be sent once more, or PUBREL for it.
    if (this.#owed.acknowledge(sequence) && !this.removed) this.#queue.changed();
  }

  protected override release({ sequence = 0 }: Inflight): Promise<void> | undefined {
    if (this.removed) return undefined;
    this.#owed.release(sequence);
    this.#queue.changed();
    return this.context.store.flush();
  }

  protected override advance(): void {
    if (!this.#sendNear() || this.#reading || this.#caughtUp || !this.room) return;
    this.#reading = true;
    this.#readOn().catch((error) => {
      this.context.onStoreFailure(this.clientId, error);
      this.connection?.abort("its queue cannot be read from the store");
    });
  }

  /** Takes a message that is in the store now. */
  #deliverNext(next: NearMessage): void {
    const { sequence } = next;
    this.#committed = Math.max(this.#committed, sequence);
    if (!this.#caughtUp || sequence <= this.passed) return; // read from the store in its turn, or dropped
    if (sequence !== Math.max(this.#cursor, this.#near.last, this.passed) + 1) {
      // The one before it is stored too, and not here yet.
      this.#caughtUp = false;
      this.advance();
      return;
    }
    if (!this.#near.isEmpty || !this.room || !this.#send(next, false)) this.#caughtUp = this.#near.add(next);
  }

  /** Sends what waits in memory; false when something is left there. */
  #sendNear(): boolean {
    for (let next = this.#near.first; next && this.room; next = this.#near.first) {
      if (next.sequence > this.passed && !this.#send(next, false)) return false;
      this.#near.shift();
    }
    return this.#near.isEmpty;
  }

  async #readOn(): Promise<void> {
    try {
      while (this.room && !this.#caughtUp && !this.removed) {
        const { connection } = this;
        const known = this.#committed;
        const limit = Math.min(PAGE, this.context.limits.maxInflight - this.inflightCount);
        const entries = await this.#queue.read(this.#cursor, limit, PAGE_BYTES);
        if (this.connection !== connection) continue; // taken over meanwhile: start again for the new one
        if (!this.#resumeAll(entries, known)) return;
      }
    } finally {
      // In the same turn as the last look: who comes in between would not read on, and nobody would.
      this.#reading = false;
    }
  }

  /** Sends what was read; false when it has to wait. Nothing read: all up to `known` has been gone through. */
  #resumeAll(entries: readonly QueuedMessage[], known: number): boolean {
    for (const entry of entries) if (!this.#resume(entry)) return false;
    if (entries.length > 0) return true;
    if (!this.#resendUpTo(known)) return false;
    this.#cursor = Math.max(this.#cursor, known);
    this.#giveUp(known);
    this.#caughtUp = this.#committed === known;
    // Nothing that came by earlier rights is left, nor on its way to the store.
    if (this.#caughtUp && !this.guarded && this.#last === known) this.guard = undefined;
    return true;
  }

  /** Sends a stored message; false when there is no room for it. */
  #resume({ sequence, message }: QueuedMessage): boolean {
    if (!this.#resendUpTo(sequence - 1) || !this.room) return false;
    const released = this.#owed.isReleased(sequence);
    if (released) {
      this.#owed.resent();
      return this.#sendPubrel(sequence);
    }
    if (sequence <= this.passed && released === undefined) {
      this.#cursor = Math.max(this.#cursor, sequence); // dropped or acknowledged meanwhile
      return true;
    }
    const resend = released === false || sequence <= this.#loadedUpTo;
    const { qos, retain } = message;
    const sent = this.#send({ message: new Message(message), qos: qos as 1 | 2, sequence, retain }, resend);
    if (sent && this.#owed.nextResend === sequence) this.#owed.resent();
    return sent;
  }

  /** What has to be sent again and is not among the stored messages: PUBREL needs none, a lost message is given up. */
  #resendUpTo(sequence: number): boolean {
    const owed = this.#owed;
    for (let next = owed.nextResend; next !== undefined && next <= sequence; next = owed.nextResend) {
      if (!this.room) return false;
      owed.resent();
      if (owed.isReleased(next)) this.#sendPubrel(next);
      else if (owed.giveUp(next)) this.#drop("damaged");
    }
    return true;
  }

  /** What waits up to this number was looked for in the store, and is not to be had. */
  #giveUp(upTo: number): void {
    for (let { oldest } = this.#backlog; oldest !== undefined && oldest <= upTo; { oldest } = this.#backlog) {
      this.#backlog.pass(oldest);
      this.#drop("damaged");
    }
  }

  #sendPubrel(sequence: number): true {
    this.#cursor = Math.max(this.#cursor, sequence);
    this.transmitPubrel(packetIdOf(sequence), sequence);
    return true;
  }

  /** False when its identifier is in use: it has to wait for that one to be acknowledged. */
  #send({ message, qos, sequence, retain }: NearMessage, dup: boolean): boolean {
    const packetId = packetIdOf(sequence);
    if (this.inflight.has(packetId)) return false;
    if (this.guard !== undefined && !this.permits(message)) return this.#withhold(sequence);
    this.#cursor = Math.max(this.#cursor, sequence);
    this.#backlog.pass(sequence);
    this.#owed.sent(sequence);
    this.transmit(message, { qos, packetId, sequence, dup, retain });
    return true;
  }

  /** Its client may not receive it any more: it is done with, unsent. */
  #withhold(sequence: number): true {
    this.#cursor = Math.max(this.#cursor, sequence);
    this.#backlog.pass(sequence);
    this.#owed.giveUp(sequence);
    this.#queue.changed();
    return true;
  }

  /**
   * The next number whose identifier is not in use, so that one message never acknowledged does not hold up the others. Where all are
   * in use none is passed over: numbers that lie 65,535 apart share an identifier, and would wait for each other.
   */
  #takeSequence(): number {
    let next = this.#last + 1;
    const end = next + MOST_SKIPPED;
    while (next <= end && this.inflight.has(packetIdOf(next))) next++;
    this.#last = next <= end ? next : this.#last + 1;
    return this.#last;
  }

  #setAway(awaySince: number | undefined): void {
    this.awaySince = awaySince;
    const { clientId } = this;
    const { store } = this.context;
    // Losing it makes the session last longer, from the next start on.
    if (this.removed || store.full) return;
    const { owner } = this;
    store.write({
      type: "put-session",
      clientId,
      ...(awaySince === undefined ? {} : { awaySince }),
      ...(owner && { owner }),
    });
  }

  /** The queue is full: the oldest messages give way, or the new one, which is false. */
  #makeRoom(message: Message): boolean {
    if (this.context.limits.whenFull === "refuse-newest") {
      this.#drop("storedQueueFull");
      return false;
    }
    for (
      let { oldest } = this.#backlog;
      oldest !== undefined && this.#backlog.isFullFor(message);
      { oldest } = this.#backlog
    ) {
      this.#backlog.pass(oldest);
      this.#drop("storedQueueFull");
    }
    this.#queue.changed();
    return true;
  }

  #drop(reason: "storedQueueFull" | "expired" | "damaged"): void {
    this.context.counters.dropped[reason]++;
    this.context.onDrop(this.clientId, reason);
  }
}

/** Identifiers are 1 to 65,535 [MQTT-2.3.1-1] and do not repeat within any 65,535 messages in a row. */
function packetIdOf(sequence: number): number {
  return ((sequence - 1) % 65_535) + 1;
}
