import { topicMatches } from "../../../src/mqtt/topics.js";
import type { QoS } from "../../../src/storage/store.js";
import type { StoredData } from "./stored-data.js";

export interface Subscription {
  readonly topic: string;
  readonly qos: QoS;
  readonly rh?: number;
  readonly rap?: boolean;
  readonly nl?: boolean;
  readonly subscriptionIdentifier?: number;
}

/** Subscriptions of sessions; the options of MQTT 5, for which those have no place, are notes. */
export class Subscriptions {
  readonly #data: StoredData;

  constructor(data: StoredData) {
    this.#data = data;
  }

  async add(clientId: string, subscriptions: readonly Subscription[]): Promise<void> {
    await this.#data.session(clientId);
    for (const { topic, qos, ...options } of subscriptions) {
      this.#data.store.write({ type: "subscribe", clientId, filter: topic, qos });
      this.#data.note(["options", clientId, topic], options);
    }
    await this.#data.store.flush();
  }

  async remove(clientId: string, filters: readonly string[]): Promise<void> {
    for (const filter of filters) {
      this.#data.store.write({ type: "unsubscribe", clientId, filter });
      this.#data.note(["options", clientId, filter], undefined);
    }
    await this.#data.store.flush();
  }

  /** By client, of those that have any. */
  async all(): Promise<ReadonlyMap<string, Subscription[]>> {
    const all = new Map<string, Subscription[]>();
    for (const [clientId, { subscriptions }] of await this.#data.sessions()) {
      const list: Subscription[] = [];
      for (const [topic, qos] of subscriptions)
        list.push({ topic, qos, ...(await this.#data.noted<object>(["options", clientId, topic])) });
      if (list.length > 0) all.set(clientId, list);
    }
    return all;
  }

  async of(clientId: string): Promise<Subscription[]> {
    return (await this.all()).get(clientId) ?? [];
  }

  /** Those above QoS 0 that match, wildcards first. */
  async matching(topic: string): Promise<object[]> {
    const found: (Subscription & { clientId: string })[] = [];
    for (const [clientId, subscriptions] of await this.all())
      for (const { subscriptionIdentifier: _, ...subscription } of subscriptions)
        if (subscription.qos > 0 && topicMatches(subscription.topic, topic))
          found.push({ clientId, ...subscription });
    return found.sort((a, b) => Number(a.topic === topic) - Number(b.topic === topic));
  }
}
