import type { Store } from "../storage/store.js";
import type { Message } from "./message.js";
import type { RecordingListener } from "./recording-listener.js";
import { Router } from "./router.js";

interface Recorded {
  readonly listener: RecordingListener;
  readonly message: Message;
}

/** What is recorded with one group of the store. */
interface Batch {
  readonly group: Promise<void>;
  readonly recorded: Recorded[];
}

/** The listeners whose messages are recorded, and what they wait for: each gets a message when its record is stored. */
export class Recordings {
  readonly #store: Store;
  readonly #onLost: (message: Message) => void;
  /** Apart from the other subscribers, so that those cost no more for it. */
  readonly #router = new Router<RecordingListener>();
  #batch: Batch | undefined;
  #waiting = 0;

  constructor(store: Store, onLost: (message: Message) => void) {
    this.#store = store;
    this.#onLost = onLost;
  }

  /** Subscriptions. */
  get size(): number {
    return this.#router.size;
  }

  /** Messages that are recorded and not stored yet. Each has something in the store's group, which bounds them. */
  get waiting(): number {
    return this.#waiting;
  }

  subscribe(filter: string, listener: RecordingListener): () => void {
    this.#router.subscribe(filter, listener, 2);
    return () => {
      listener.end();
      this.#router.unsubscribe(filter, listener);
    };
  }

  /** Whether somebody records what is published to the topic. */
  wants(topic: string): boolean {
    return this.#router.size > 0 && this.#router.match(topic).size > 0;
  }

  /** Whether the message is recorded with the group that is gathered now. */
  take(message: Message): boolean {
    if (this.#router.size === 0) return false;
    let isRecorded = false;
    for (const listener of this.#router.match(message.topic).keys()) {
      if (message.qos === 0 && this.#isStuck) this.#lose(listener, message);
      else if (listener.record(message)) {
        this.#wait({ listener, message });
        isRecorded = true;
      }
    }
    return isRecorded;
  }

  /** The publisher of a QoS 0 message cannot be refused it, and is not to wait for a disk that does not write. */
  get #isStuck(): boolean {
    return this.#store.failingSince !== undefined && this.#store.behind;
  }

  #lose(listener: RecordingListener, message: Message): void {
    this.#onLost(message);
    listener.lose(message);
  }

  #wait(recorded: Recorded): void {
    recorded.message.keep();
    this.#waiting++;
    const group = this.#store.flush();
    if (this.#batch?.group !== group) this.#batch = this.#open(group);
    this.#batch.recorded.push(recorded);
  }

  #open(group: Promise<void>): Batch {
    const batch: Batch = { group, recorded: [] };
    const end = (each: (recorded: Recorded) => void) => {
      if (this.#batch === batch) this.#batch = undefined;
      this.#waiting -= batch.recorded.length;
      for (const recorded of batch.recorded) each(recorded);
    };
    group.then(
      () => end(({ listener, message }) => listener.deliver(message)),
      // The store was closed before it could write.
      () => end(({ listener, message }) => this.#lose(listener, message)),
    );
    return batch;
  }
}
