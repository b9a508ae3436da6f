import type { Change, Store } from "../storage/store.js";
import type { Counters } from "./counters.js";
import { KeptSession } from "./kept-session.js";
import type { Message, MessageContent, QoS } from "./message.js";
import type { Router } from "./router.js";
import type { Subscriber } from "./session.js";

/** Changes, and bytes of them, that may wait for the store before every publisher it is asked for is made to wait. */
const MOST_WAITING = 10_000;
const MOST_WAITING_BYTES = 64 * 1024 * 1024;
const NOTHING: readonly Change[] = [];

/** Whoever publishes. While messages of it are being stored, its later ones wait behind them. */
export interface Publisher {
  pending: number;
  /** Payload bytes of them. */
  pendingBytes: number;
}

interface Delivery {
  readonly subscriber: Subscriber;
  readonly qos: QoS;
  /** Its place in the queue of a kept session. */
  readonly sequence?: number;
}

/**
 * Takes published messages in: works out who gets each, has what must survive written to the store, and only then
 * passes it on and lets the publisher be told. A message that nobody needs to keep is passed on at once.
 */
export class Intake {
  readonly #router: Router<Subscriber>;
  readonly #store: Store;
  readonly #counters: Counters;

  constructor(router: Router<Subscriber>, store: Store, counters: Counters) {
    this.#router = router;
    this.#store = store;
    this.#counters = counters;
  }

  /**
   * Undefined when the message is with its subscribers already; else resolves when it is stored and with them, and
   * rejects when the store cannot take it, in which case nobody has got it. `also` is stored with it.
   */
  take(message: Message, publisher: Publisher, also: readonly Change[] = NOTHING): Promise<void> | undefined {
    // What a client sends at QoS 0 after a message that is being stored must not overtake it either: a subscriber at
    // QoS 0 gets both alike.
    if (message.qos === 0 && publisher.pending === 0 && also.length === 0) return this.#takeUnstored(message);
    const deliveries: Delivery[] = [];
    const changes = this.#changes(message, deliveries, also);
    if (changes.length > 0 || publisher.pending > 0)
      return this.#takeStored(message, deliveries, changes, publisher);
    for (const { subscriber, qos } of deliveries) subscriber.deliver(message, qos);
    return undefined;
  }

  /** QoS 0: nobody is told that it was taken, so nobody waits for the disk, unless that is far behind. */
  #takeUnstored(message: Message): Promise<void> | undefined {
    for (const subscriber of this.#router.match(message.topic).keys()) subscriber.deliver(message, 0);
    if (!message.retain) return undefined;
    if (!this.behind) {
      this.#store.commitLazily([retainChange(message)]);
      return undefined;
    }
    // Live data goes on while the disk is full; what cannot be kept is not.
    if (this.#store.failingSince !== undefined) {
      this.#counters.storeFailures++;
      return undefined;
    }
    return this.#store.commit([retainChange(message)]);
  }

  /** Whether so much waits for the store that publishers are to wait too. */
  get behind(): boolean {
    const { waiting, waitingBytes } = this.#store.stats();
    return waiting >= MOST_WAITING || waitingBytes >= MOST_WAITING_BYTES;
  }

  async #takeStored(
    message: Message,
    deliveries: readonly Delivery[],
    changes: readonly Change[],
    publisher: Publisher,
  ): Promise<void> {
    message.keep();
    publisher.pending++;
    publisher.pendingBytes += message.payload.length;
    try {
      await this.#store.commit(changes);
    } catch (error) {
      this.#counters.storeFailures++;
      for (const { subscriber, sequence } of deliveries)
        if (sequence !== undefined && subscriber instanceof KeptSession) subscriber.cancel(sequence);
      throw error;
    } finally {
      publisher.pending--;
      publisher.pendingBytes -= message.payload.length;
    }
    for (const { subscriber, qos, sequence } of deliveries) subscriber.deliver(message, qos, sequence);
  }

  #changes(message: Message, deliveries: Delivery[], also: readonly Change[]): Change[] {
    const changes = [...also];
    if (message.retain) changes.push(retainChange(message));
    for (const [subscriber, granted] of this.#router.match(message.topic)) {
      const qos = Math.min(granted, message.qos) as QoS;
      if (qos === 0 || !(subscriber instanceof KeptSession)) {
        deliveries.push({ subscriber, qos });
        continue;
      }
      const reserved = subscriber.reserve(message, qos as 1 | 2);
      changes.push(...reserved.changes);
      deliveries.push({ subscriber, qos, sequence: reserved.sequence });
    }
    return changes;
  }
}

function retainChange(message: MessageContent): Change {
  // An empty payload removes the retained message and is not stored itself [MQTT-3.3.1-10] [MQTT-3.3.1-11].
  return message.payload.length === 0
    ? { type: "unretain", topic: message.topic }
    : { type: "retain", message };
}
