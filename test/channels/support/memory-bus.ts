import type { Bus, BusMessage } from "../../../src/bridge/bus.js";
import { topicMatches } from "../../../src/mqtt/topics.js";

interface Listener {
  readonly filter: string;
  readonly call: (message: BusMessage) => void;
}

/** A broker's bus without a broker: the same promises, kept in memory. */
export class MemoryBus implements Bus {
  readonly published: BusMessage[] = [];
  readonly #listeners = new Set<Listener>();
  readonly #retained = new Map<string, BusMessage>();
  /** Awaited before retained messages are read, so that a test decides when that is. */
  beforeRetained: () => Promise<void> = async () => {};
  /** Awaited before a publish is taken; may throw. */
  beforePublish: (message: BusMessage) => Promise<void> = async () => {};

  get filters(): string[] {
    return [...this.#listeners].map(({ filter }) => filter);
  }

  subscribe(filter: string, call: (message: BusMessage) => void): () => void {
    const listener = { filter, call };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async publish(message: BusMessage): Promise<void> {
    await this.beforePublish(message);
    this.emit(message);
  }

  async *retained(filter: string): AsyncIterable<BusMessage> {
    const matching = [...this.#retained.values()].filter(({ topic }) => topicMatches(filter, topic));
    await this.beforeRetained();
    yield* matching;
  }

  /** A message from a device. */
  send(topic: string, payload: string | Buffer, { retain = false }: { retain?: boolean } = {}): void {
    this.emit({ topic, payload: Buffer.from(payload), qos: 0, retain });
  }

  private emit(message: BusMessage): void {
    this.published.push(message);
    if (message.retain && message.payload.length === 0) this.#retained.delete(message.topic);
    else if (message.retain) this.#retained.set(message.topic, message);
    for (const { filter, call } of this.#listeners) if (topicMatches(filter, message.topic)) call(message);
  }
}
