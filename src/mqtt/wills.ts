import type { Principal } from "../access/principal.js";
import { commit } from "../storage/commit.js";
import type { Change, Store, StoredWill } from "../storage/store.js";

/** A connection that left a will, as far as the engine's object tells. */
export interface WillOwner {
  readonly id: string;
  readonly closed?: boolean;
  readonly principal?: Principal;
}

/** Whose will it is: a connection's, or that of an earlier run of the broker. */
export interface WillOrigin {
  readonly client?: object;
  readonly brokerId?: string;
}

export interface TakenWill {
  readonly changes: readonly Change[];
  /** It could not be published. */
  putBack(): void;
}

interface Entry {
  readonly brokerId: string;
  /** Both absent for those of earlier runs. */
  readonly client?: WillOwner;
  readonly will?: StoredWill;
}

/**
 * The wills of clients. One is stored for each client identifier: when a client takes over, the will of its old connection
 * stays until it is published, and the new one takes its place in the write that does so.
 */
export class Wills {
  readonly #store: Store;
  readonly #brokerId: string;
  /** By client identifier: the one that is stored, and those that wait to take its place. */
  readonly #entries = new Map<string, Entry[]>();

  constructor(store: Store, brokerId: string) {
    this.#store = store;
    this.#brokerId = brokerId;
  }

  async load(): Promise<void> {
    for await (const { clientId, brokerId } of this.#store.wills())
      this.#entries.set(clientId, [{ brokerId }]);
  }

  async put(client: WillOwner, will: StoredWill): Promise<void> {
    const entries = this.#entries.get(client.id) ?? [];
    this.#entries.set(client.id, [...entries, { brokerId: this.#brokerId, client, will }]);
    if (entries.length === 0) await commit(this.#store, { type: "put-will", will });
  }

  /**
   * A will is about to be published: what takes it out of the store with that. Undefined when there is no such will: it was
   * taken before, or the client is back with another.
   */
  take(clientId: string, { client, brokerId = this.#brokerId }: WillOrigin): TakenWill | undefined {
    const entries = this.#entries.get(clientId) ?? [];
    const entry = entries.find((one) => one.client === client && one.brokerId === brokerId);
    if (!entry) return undefined;
    const changes = this.#remove(clientId, (one) => one === entry);
    const left = this.#entries.get(clientId);
    return {
      changes,
      putBack: () => {
        // Unless another has been stored in its place since.
        if (this.#entries.get(clientId) === left) this.#entries.set(clientId, [entry, ...(left ?? [])]);
      },
    };
  }

  /** A client connects: wills that earlier runs left behind are not due any more. */
  async dropLeftBehind(clientId: string): Promise<void> {
    await this.#drop(clientId, ({ client }) => client === undefined);
  }

  /** Connections under the identifier are over, and their wills are published or not to be. */
  async dropClosed(clientId: string): Promise<void> {
    await this.#drop(clientId, ({ client }) => client?.closed === true);
  }

  /** Those that earlier runs left behind. */
  async *leftBehind(): AsyncIterable<StoredWill> {
    if (!this.#hasLeftBehind()) return;
    for await (const will of this.#store.wills()) if (will.brokerId !== this.#brokerId) yield will;
  }

  async #drop(clientId: string, isDropped: (entry: Entry) => boolean): Promise<void> {
    const changes = this.#remove(clientId, isDropped);
    if (changes.length > 0) await commit(this.#store, ...changes);
  }

  /** What has to be written for it: nothing, when the stored will stays. */
  #remove(clientId: string, isRemoved: (entry: Entry) => boolean): Change[] {
    const entries = this.#entries.get(clientId) ?? [];
    const left = entries.filter((entry) => !isRemoved(entry));
    if (left.length > 0) this.#entries.set(clientId, left);
    else this.#entries.delete(clientId);
    const [first] = left;
    if (first === entries[0]) return [];
    return first?.will ? [{ type: "put-will", will: first.will }] : [{ type: "remove-will", clientId }];
  }

  /** It is asked about them every minute, and there may be many wills and none of these. */
  #hasLeftBehind(): boolean {
    for (const [first] of this.#entries.values()) if (first && !first.client) return true;
    return false;
  }
}
