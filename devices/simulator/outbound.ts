import type { MqttClient } from "mqtt";
import type { Message, Qos } from "./firmware.js";
import type { Tally } from "./tally.js";
import { Window } from "./window.js";

/** Messages on their way to the broker: bounded, and each one accounted for exactly once. */
export class Outbound {
  readonly window: Window;
  readonly #tally: Tally;
  readonly #pending = new Map<() => void, Qos>();

  constructor(tally: Tally, limit: number) {
    this.#tally = tally;
    this.window = new Window(limit);
  }

  publish(client: MqttClient, { topic, payload, qos, retain }: Message): void {
    const lose = () => settle("failed");
    const settle = (outcome: "acknowledged" | "failed") => {
      if (!this.#pending.delete(lose)) return;
      this.#tally[outcome]++;
      this.#tally.inflight--;
      this.window.leave();
    };
    this.#pending.set(lose, qos);
    this.#tally.published++;
    this.#tally.inflight++;
    this.window.enter();
    client.publish(topic, payload, { qos, retain }, (error) => settle(error ? "failed" : "acknowledged"));
  }

  /**
   * The connection closed: QoS 0 that waits for the socket to drain is lost, and the client never says so.
   * QoS 1 and 2 stay: the client sends them again over the next connection.
   */
  disconnected(): void {
    for (const [lose, qos] of [...this.#pending]) if (qos === 0) lose();
  }

  /** Nobody will send these again. */
  abandon(): void {
    for (const lose of [...this.#pending.keys()]) lose();
  }
}
