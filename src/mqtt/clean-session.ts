import type { Message } from "./message.js";
import { type Inflight, Session } from "./session.js";

interface Waiting {
  readonly message: Message;
  readonly qos: 1 | 2;
  readonly retain: boolean;
}

/** Identifiers in use beyond which a free one is not looked for one by one. */
const CROWDED = 8_192;
const NONE: number[] = [];

/** A session that ends with its connection [MQTT-3.1.2-6]. What waits for its client waits in memory, bounded. */
export class CleanSession extends Session {
  override readonly kept = false;
  /** In order; a set, because the oldest is taken out in constant time. */
  #waiting: Set<Waiting> | undefined;
  #waitingBytes = 0;
  /** Identifiers that were acknowledged, while so many are in use that looking for a free one would take long. */
  #freed: number[] = NONE;

  override get reachable(): boolean {
    return this.connection !== undefined;
  }

  override get waiting(): number {
    return this.#waiting?.size ?? 0;
  }

  protected override deliverReliably(message: Message, qos: 1 | 2): void {
    if (!this.connection) return;
    const permitted = this.permittedQos(message, qos);
    if (permitted === 0) this.deliverOnce(message, this.connection);
    else if (permitted !== undefined) this.#enqueue({ message, qos: permitted, retain: false });
  }

  protected override enqueueRetained(message: Message, qos: 1 | 2): void {
    if (this.connection) this.#enqueue({ message, qos, retain: true });
  }

  protected override advance(): void {
    if (!this.#waiting) return;
    for (const entry of this.#waiting) {
      if (!this.room) return;
      this.#remove(entry);
      if (this.permits(entry.message)) this.#send(entry);
    }
  }

  protected override acknowledge(_inflight: Inflight, packetId: number): void {
    if (this.inflightCount <= CROWDED) {
      this.#freed = NONE;
      return;
    }
    if (this.#freed === NONE) this.#freed = [];
    this.#freed.push(packetId);
  }

  protected override release(): undefined {
    return undefined;
  }

  #enqueue(entry: Waiting): void {
    if (this.waiting === 0 && this.room) {
      this.#send(entry);
      return;
    }
    const { message } = entry;
    this.#waiting ??= new Set();
    if (this.#isFull(message) && this.context.limits.whenFull === "refuse-newest") {
      this.#drop();
      return;
    }
    while (this.#isFull(message)) this.#dropOldest();
    message.keep();
    this.#waiting.add(entry);
    this.#waitingBytes += message.payload.length;
  }

  #remove(entry: Waiting): void {
    if (this.#waiting?.delete(entry)) this.#waitingBytes -= entry.message.payload.length;
  }

  #send({ message, qos, retain }: Waiting): void {
    this.transmit(message, { qos, retain, dup: false, packetId: this.#packetId(message.preferredPacketId) });
  }

  #dropOldest(): void {
    for (const oldest of this.#waiting ?? []) {
      this.#remove(oldest);
      this.#drop();
      return;
    }
  }

  #drop(): void {
    this.context.counters.dropped.queueFull++;
    this.context.onDrop(this.clientId, "queueFull");
  }

  #isFull({ payload }: Message): boolean {
    const { maxQueuedMessages, maxQueuedSize } = this.context.limits;
    const tooLarge = this.waiting > 0 && this.#waitingBytes + payload.length > maxQueuedSize;
    return tooLarge || this.waiting >= maxQueuedMessages;
  }

  /** An identifier that is not in use [MQTT-2.3.1-2]. There is one: no window holds all of them. */
  #packetId(preferred: number): number {
    if (!this.inflight.has(preferred)) return preferred;
    for (let freed = this.#freed.pop(); freed !== undefined; freed = this.#freed.pop())
      if (!this.inflight.has(freed)) return freed;
    let packetId = preferred;
    while (this.inflight.has(packetId)) packetId = (packetId % 65_535) + 1;
    return packetId;
  }
}
