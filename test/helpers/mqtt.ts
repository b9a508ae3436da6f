import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import type { Teardown } from "./teardown.js";

/** How long a test waits for something that should come at once. */
const PATIENCE_MS = 15_000;

export interface Received {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly dup: boolean;
}

/** A connected `mqtt` client that remembers what it received. */
export class TestClient {
  readonly client: MqttClient;
  readonly received: Received[] = [];
  /** Packet identifiers of what was received; none at QoS 0. */
  readonly identifiers: (number | undefined)[] = [];
  /** From CONNACK. */
  sessionPresent = false;
  #watchers: (() => void)[] = [];

  constructor(client: MqttClient) {
    this.client = client;
    client.on("message", (topic, payload, { qos, retain, dup, messageId }: IPublishPacket) => {
      this.identifiers.push(messageId);
      this.received.push({ topic, payload: payload.toString(), qos, retain, dup });
      for (const watcher of this.#watchers) watcher();
    });
    client.on("error", () => undefined);
  }

  /** Resolves when there are `count` messages. */
  messages(count: number): Promise<readonly Received[]> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(
            new Error(
              `${this.received.length} of ${count} messages came: ${JSON.stringify(this.received.slice(-5))}`,
            ),
          ),
        PATIENCE_MS,
      );
      const look = () => {
        if (this.received.length < count) return;
        clearTimeout(timer);
        this.#watchers = this.#watchers.filter((watcher) => watcher !== look);
        resolve(this.received);
      };
      this.#watchers.push(look);
      look();
    });
  }

  get payloads(): string[] {
    return this.received.map(({ payload }) => payload);
  }

  subscribe(filter: string | string[], qos: 0 | 1 | 2 = 0) {
    return this.client.subscribeAsync(filter, { qos });
  }

  async publish(topic: string, payload: string, qos: 0 | 1 | 2 = 0, retain = false): Promise<void> {
    await this.client.publishAsync(topic, payload, { qos, retain });
  }

  /** DISCONNECT, then waits for the socket's end. */
  end(): Promise<void> {
    return this.client.endAsync();
  }

  /** Resolves when the connection is gone, whoever ends it. */
  closed(): Promise<void> {
    return new Promise((resolve) => this.client.once("close", () => resolve()));
  }

  /** Cuts the socket without DISCONNECT. */
  async cut(): Promise<void> {
    const closed = this.closed();
    this.client.end(true, { reasonCode: 0 });
    this.client.stream.destroy();
    await closed;
  }
}

/** Connects; ends the client when the test does. It does not reconnect by itself unless told to. */
export async function connect(t: Teardown, url: string, options: IClientOptions = {}): Promise<TestClient> {
  const client = mqtt.connect(url, { reconnectPeriod: 0, connectTimeout: PATIENCE_MS, ...options });
  t.after(() => client.end(true));
  const testClient = new TestClient(client);
  await new Promise<void>((resolve, reject) => {
    client.once("connect", ({ sessionPresent }) => {
      testClient.sessionPresent = sessionPresent;
      resolve();
    });
    client.once("error", reject);
    client.once("close", () => reject(new Error("the connection was closed before CONNACK")));
  });
  return testClient;
}
