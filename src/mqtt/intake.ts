import { type Change, type Place, type Store, StoreError } from "../storage/store.js";
import type { Counters } from "./counters.js";
import { KeptSession } from "./kept-session.js";
import type { Message, QoS } from "./message.js";
import type { Recordings } from "./recordings.js";
import type { Router } from "./router.js";
import type { Settled, Subscriber } from "./session.js";

/** Payload bytes that may be pending before every publisher is made to wait. */
const MOST_PENDING_BYTES = 64 * 1024 * 1024;
const NOTHING: readonly Change[] = [];
const NOBODY: readonly Delivery[] = [];
const NO_PLACES: readonly Place[] = [];

/** Whoever publishes. While messages of it are being stored, its later ones wait behind them. */
export interface Publisher {
  pending: number;
  /** Payload bytes of them. */
  pendingBytes: number;
}

interface Delivery {
  readonly subscriber: Subscriber;
  readonly qos: QoS;
  /** Its place in the queue of a kept session; 0 elsewhere. */
  readonly sequence: number;
}

/** Who gets a message. */
interface Audience {
  readonly deliveries: readonly Delivery[];
  /** Those of them that have to be stored. */
  readonly places: readonly Place[];
}

interface Pending {
  readonly message: Message;
  readonly publisher: Publisher;
  readonly deliveries: readonly Delivery[];
  readonly settled: Settled;
}

/** Messages that are stored with one group of the store. */
interface Batch {
  readonly group: Promise<void>;
  readonly messages: Pending[];
}

export interface IntakeContext {
  readonly store: Store;
  readonly recordings: Recordings;
  readonly counters: Counters;
  /** A retained message was refused, since there are as many as there may be. */
  onRetainedRefused(topic: string): void;
}

/**
 * Takes published messages in: works out who gets each, has what must survive written to the store, and only then
 * passes it on and lets the publisher be told. A message that nobody needs to keep is passed on at once.
 */
export class Intake {
  readonly #router: Router<Subscriber>;
  readonly #context: IntakeContext;
  readonly #store: Store;
  readonly #recordings: Recordings;
  #batch: Batch | undefined;
  /** Payload bytes of all publishers. */
  #pendingBytes = 0;

  constructor(router: Router<Subscriber>, context: IntakeContext) {
    this.#router = router;
    this.#context = context;
    this.#store = context.store;
    this.#recordings = context.recordings;
  }

  /**
   * True when the message is with its subscribers already. Else `settled` is called when it is stored and with them, or
   * when the store cannot take it, in which case nobody has got it. `also` is stored with it.
   */
  take(message: Message, publisher: Publisher, settled: Settled, also: readonly Change[] = NOTHING): boolean {
    // What a client sends at QoS 0 after a message that is being stored must not overtake it either: a subscriber at
    // QoS 0 gets both alike.
    if (message.qos === 0 && publisher.pending === 0 && also.length === 0)
      return this.#takeUnstored(message, publisher, settled);
    if (this.#store.full && this.#mustBeStored(message, also)) {
      this.#context.counters.storeFailures++;
      process.nextTick(settled, new StoreError("the store cannot write, and no more can wait"));
      return false;
    }
    return this.#takeStored(message, publisher, settled, also);
  }

  /**
   * For a message that nobody gets and its publisher is told of like any other: true when that may be now. Else `settled` is called
   * when its turn has come [MQTT-4.6.0-2].
   */
  pass(message: Message, publisher: Publisher, settled: Settled): boolean {
    if (publisher.pending === 0) return true;
    this.#wait({ message, publisher, deliveries: NOBODY, settled });
    return false;
  }

  /** Whether so much waits for the store, or behind what does, that publishers are to wait too. */
  get behind(): boolean {
    return this.#store.behind || this.#pendingBytes >= MOST_PENDING_BYTES;
  }

  /** QoS 0: nobody is told that it was taken, so nobody waits for the disk, unless that is far behind. */
  #takeUnstored(message: Message, publisher: Publisher, settled: Settled): boolean {
    const isRecorded = this.#recordings.take(message);
    for (const subscriber of this.#router.match(message.topic).keys()) subscriber.deliver(message, 0);
    if (!message.retain && !isRecorded) return true;
    const { behind, failingSince } = this.#store;
    // Live data goes on while the disk is full; what cannot be kept is not.
    if (behind && failingSince !== undefined) {
      if (message.retain) this.#context.counters.storeFailures++;
      return true;
    }
    message.keep();
    if (message.retain) this.#retain(message);
    if (!behind) return true;
    this.#wait({ message, publisher, deliveries: NOBODY, settled });
    return false;
  }

  #takeStored(message: Message, publisher: Publisher, settled: Settled, also: readonly Change[]): boolean {
    message.time = Date.now();
    const isRecorded = this.#recordings.take(message);
    const { deliveries, places } = this.#match(message);
    const stored = isRecorded || message.retain || places.length > 0 || also.length > 0;
    if (!stored && publisher.pending === 0) {
      for (const { subscriber, qos } of deliveries) subscriber.deliver(message, qos);
      return true;
    }
    message.keep();
    for (const change of also) this.#store.write(change);
    if (message.retain) this.#retain(message);
    if (places.length > 0) this.#store.enqueue(message, places);
    this.#wait({ message, publisher, deliveries, settled });
    return false;
  }

  #match(message: Message): Audience {
    let deliveries: Delivery[] | undefined;
    let places: Place[] | undefined;
    for (const [subscriber, granted] of this.#router.match(message.topic)) {
      let qos: QoS | undefined = Math.min(granted, message.qos) as QoS;
      const isKept = qos > 0 && subscriber instanceof KeptSession;
      if (isKept && subscriber.guard !== undefined) qos = subscriber.permittedQos(message, qos);
      if (qos === undefined) continue;
      let delivery: Delivery = { subscriber, qos, sequence: 0 };
      if (isKept && qos > 0) {
        const place = subscriber.reserve(message, qos as 1 | 2);
        if (!place) continue; // its queue is full
        // An array that is made with its first element takes a tenth of the memory of one that is filled.
        if (places) places.push(place);
        else places = [place];
        delivery = place;
      }
      if (deliveries) deliveries.push(delivery);
      else deliveries = [delivery];
    }
    return { deliveries: deliveries ?? NOBODY, places: places ?? NO_PLACES };
  }

  #mustBeStored({ topic, qos, retain }: Message, also: readonly Change[]): boolean {
    if (retain || also.length > 0 || (qos > 0 && this.#recordings.wants(topic))) return true;
    for (const [subscriber, granted] of this.#router.match(topic))
      if (subscriber instanceof KeptSession && Math.min(granted, qos) > 0) return true;
    return false;
  }

  /** An empty payload removes the retained message and is not stored itself [MQTT-3.3.1-10] [MQTT-3.3.1-11]. */
  #retain(message: Message): void {
    if (message.time === 0) message.time = Date.now();
    if (message.payload.length === 0) this.#store.write({ type: "unretain", topic: message.topic });
    else if (!this.#store.retain(message)) {
      this.#context.counters.retainedRefused++;
      this.#context.onRetainedRefused(message.topic);
    }
  }

  /** Has it passed on with the group that the store writes next, in the order of these calls. */
  #wait(pending: Pending): void {
    const { publisher, message } = pending;
    publisher.pending++;
    publisher.pendingBytes += message.payload.length;
    this.#pendingBytes += message.payload.length;
    const group = this.#store.flush();
    if (this.#batch?.group !== group) this.#batch = this.#open(group);
    this.#batch.messages.push(pending);
  }

  #open(group: Promise<void>): Batch {
    const batch: Batch = { group, messages: [] };
    const close = () => {
      if (this.#batch === batch) this.#batch = undefined;
    };
    group.then(
      () => {
        close();
        for (const pending of batch.messages) this.#pass(pending);
      },
      (error) => {
        close();
        for (const pending of batch.messages) this.#refuse(pending, error);
      },
    );
    return batch;
  }

  #pass(pending: Pending): void {
    const { message, deliveries, settled } = pending;
    this.#forget(pending);
    for (const { subscriber, qos, sequence } of deliveries) subscriber.deliver(message, qos, sequence);
    settled();
  }

  /** The store was closed before it could write. */
  #refuse(pending: Pending, error: unknown): void {
    this.#context.counters.storeFailures++;
    this.#forget(pending);
    pending.settled(error);
  }

  #forget({ publisher, message }: Pending): void {
    publisher.pending--;
    publisher.pendingBytes -= message.payload.length;
    this.#pendingBytes -= message.payload.length;
  }
}
