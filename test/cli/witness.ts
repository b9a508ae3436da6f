import { connectAsync, type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import type { Teardown } from "../helpers/teardown.js";

export interface Seen {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: boolean;
}

/** A client beside the one under test, which sees what the broker gives to others. */
export class Witness {
  readonly seen: Seen[] = [];
  readonly client: MqttClient;
  readonly #waiting = new Set<() => void>();

  private constructor(client: MqttClient) {
    this.client = client;
    client.on("message", (topic, payload, packet: IPublishPacket) => {
      this.seen.push({ topic, payload, qos: packet.qos, retain: packet.retain });
      for (const check of [...this.#waiting]) check();
    });
  }

  static async connect(
    scope: Teardown,
    url: string,
    filters: string[] = [],
    options: IClientOptions = {},
  ): Promise<Witness> {
    const witness = new Witness(await connectAsync(url, { reconnectPeriod: 0, ...options }));
    scope.after(() => witness.client.endAsync(true));
    if (filters.length > 0) await witness.client.subscribeAsync(filters, { qos: 2 });
    return witness;
  }

  /** Until what was seen satisfies the condition. */
  until(condition: (seen: readonly Seen[]) => boolean): Promise<void> {
    if (condition(this.seen)) return Promise.resolve();
    return new Promise((resolve) => {
      const check = () => {
        if (!condition(this.seen)) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
    });
  }

  /** Until that many messages match, in the order in which they came. */
  async messages(count: number, matches: (message: Seen) => boolean = () => true): Promise<Seen[]> {
    await this.until((seen) => seen.filter(matches).length >= count);
    return this.seen.filter(matches);
  }
}
