import type { Store, StoredSession } from "../../../src/storage/store.js";

/**
 * What is in a store, which is closed and opened again whenever something is looked up, so that nothing is known but what it
 * has kept.
 */
export class StoredData {
  readonly #create: () => Store;
  #store: Store | undefined;
  #sessions = new Map<string, StoredSession>();

  constructor(create: () => Store) {
    this.#create = create;
  }

  get store(): Store {
    if (!this.#store) throw new Error("the store is not open");
    return this.#store;
  }

  async reopen(): Promise<void> {
    await this.close();
    this.#store = this.#create();
    await this.#store.open();
    this.#sessions = new Map();
    for await (const session of this.#store.sessions()) this.#sessions.set(session.clientId, session);
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }

  /** All sessions, by client, as they are in the store. */
  async sessions(): Promise<ReadonlyMap<string, StoredSession>> {
    await this.reopen();
    return this.#sessions;
  }

  /** The session of a client, which is made if there is none. */
  async session(clientId: string): Promise<StoredSession> {
    const found = (await this.sessions()).get(clientId);
    if (found) return found;
    this.store.write({ type: "put-session", clientId });
    await this.store.flush();
    return this.session(clientId);
  }

  /** Keeps a note on something, on a topic that no wildcard of a client reaches [MQTT-4.7.2-1]. */
  note(name: readonly (string | number)[], value: unknown): void {
    const topic = topicOf(name);
    if (value === undefined) this.store.write({ type: "unretain", topic });
    else {
      const payload = Buffer.from(JSON.stringify(value));
      this.store.retain({ topic, payload, qos: 0, retain: true, time: Date.now() });
    }
  }

  async noted<T>(name: readonly (string | number)[]): Promise<T | undefined> {
    for await (const { payload } of this.store.retained(topicOf(name)))
      return JSON.parse(payload.toString()) as T;
    return undefined;
  }
}

function topicOf(name: readonly (string | number)[]): string {
  return ["$note", ...name.map(encodeURIComponent)].join("/");
}
