import type {
  Place,
  QueuedMessage,
  QueueState,
  Store,
  StoredQueue,
  StoredSession,
  Unacknowledged,
} from "../../../src/storage/store.js";

/** What a broker knows of a kept session's queue. */
export class Client implements QueueState {
  readonly clientId: string;
  readonly queue: StoredQueue;
  passed = 0;
  /** The highest number given. */
  last = 0;
  readonly #owed = new Map<number, boolean>();

  constructor(clientId: string, queue: StoredQueue) {
    this.clientId = clientId;
    this.queue = queue;
    queue.owner = this;
  }

  static create(store: Store, clientId: string): Client {
    store.write({ type: "put-session", clientId });
    return new Client(clientId, store.queue(clientId));
  }

  static of({ clientId, queue, passed, last, unacknowledged }: StoredSession): Client {
    const client = new Client(clientId, queue);
    client.passed = passed;
    client.last = last;
    for (const { sequence, released } of unacknowledged) client.#owed.set(sequence, released);
    return client;
  }

  get unacknowledged(): readonly Unacknowledged[] {
    return Array.from(this.#owed, ([sequence, released]) => ({ sequence, released })).sort(
      (a, b) => a.sequence - b.sequence,
    );
  }

  /** Whether the message with this number is still of use. */
  needs(sequence: number): boolean {
    return sequence > this.passed || this.#owed.get(sequence) === false;
  }

  /** The next place, so many numbers further on. */
  place({ gap = 0, qos = 1 as 1 | 2, retain = false } = {}): Place {
    this.last += 1 + gap;
    return { queue: this.queue, sequence: this.last, qos, retain };
  }

  /** Reads on, and owes what it gets. */
  async receive(limit: number): Promise<QueuedMessage[]> {
    const entries = await this.queue.read(this.passed, limit);
    for (const { sequence } of entries) {
      this.#owed.set(sequence, false);
      this.passed = sequence;
    }
    this.queue.changed();
    return entries;
  }

  acknowledge(...sequences: readonly number[]): void {
    for (const sequence of sequences) this.#owed.delete(sequence);
    this.queue.changed();
  }

  acknowledgeAll(): void {
    this.acknowledge(...this.#owed.keys());
  }

  release(sequence: number): void {
    this.#owed.set(sequence, true);
    this.queue.changed();
  }

  /** Lets go of what waits, up to this number. */
  drop(upTo: number): void {
    this.passed = Math.max(this.passed, upTo);
    this.queue.changed();
  }
}
