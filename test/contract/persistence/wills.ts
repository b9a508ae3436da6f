import type { QoS } from "../../../src/storage/store.js";
import type { StoredData } from "./stored-data.js";

export interface Will {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly brokerId?: string;
  readonly clientId?: string;
}

/** Wills by client, with the broker that took each. */
export class Wills {
  readonly #data: StoredData;

  constructor(data: StoredData) {
    this.#data = data;
  }

  async put(clientId: string, brokerId: string, { topic, payload, qos, retain }: Will): Promise<void> {
    const will = { topic, payload, qos, retain, time: Date.now(), clientId, brokerId };
    this.#data.store.write({ type: "put-will", will });
    await this.#data.store.flush();
  }

  async all(): Promise<Will[]> {
    await this.#data.reopen();
    const wills: Will[] = [];
    for await (const { time: _, ...will } of this.#data.store.wills()) wills.push(will);
    return wills;
  }

  async get(id: string): Promise<Will | undefined> {
    return (await this.all()).find(({ clientId }) => clientId === id);
  }

  async remove(clientId: string): Promise<Will | undefined> {
    const will = await this.get(clientId);
    this.#data.store.write({ type: "remove-will", clientId });
    await this.#data.store.flush();
    return will;
  }
}
