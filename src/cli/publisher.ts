import type { MqttClient } from "mqtt";
import { Failure } from "./failure.js";
import type { Qos } from "./numbers.js";

/** Enough to fill a round trip, few enough to hold in memory. */
const MAX_INFLIGHT = 100;

export interface PublishSettings {
  readonly topic: string;
  readonly qos: Qos;
  readonly retain: boolean;
}

/** Publishes to one topic, with a bound on what is not acknowledged yet. */
export class Publisher {
  messages = 0;
  bytes = 0;
  readonly #client: MqttClient;
  readonly #settings: PublishSettings;
  #inflight = 0;
  #fault: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(client: MqttClient, settings: PublishSettings) {
    this.#client = client;
    this.#settings = settings;
    client.once("close", () => this.#fail(new Failure(this.#lossMessage())));
    client.on("error", () => {}); // what it means for the messages, "close" says
  }

  /** Resolves when there is room for another; throws once the connection is lost. */
  async publish(payload: Buffer): Promise<void> {
    const { topic, qos, retain } = this.#settings;
    this.#inflight++;
    this.#client.publish(topic, payload, { qos, retain }, (error) => {
      if (error) return this.#fail(error);
      this.#inflight--;
      this.messages++;
      this.bytes += payload.length;
      this.#wake?.();
    });
    await this.#until(MAX_INFLIGHT - 1);
  }

  /** Resolves when everything is acknowledged. */
  settled(): Promise<void> {
    return this.#until(0);
  }

  async #until(inflight: number): Promise<void> {
    for (;;) {
      if (this.#fault) throw this.#fault;
      if (this.#inflight <= inflight) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #fail(error: Error): void {
    this.#fault ??= error;
    this.#wake?.();
  }

  #lossMessage(): string {
    const { topic } = this.#settings;
    return (
      `the connection was lost with ${this.#inflight} of ${this.messages + this.#inflight} messages to ${JSON.stringify(topic)} ` +
      "not acknowledged; the broker went away, or does not allow this topic or size (its log says which)"
    );
  }
}
