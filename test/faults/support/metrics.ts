import type { RunningServer } from "../../helpers/server.js";
import { poll } from "./poll.js";

const PREFIX = "causeway_";

/** The server's figures at one moment, under the names at /metrics without the common prefix. */
export class Metrics {
  readonly #values: ReadonlyMap<string, number>;

  private constructor(values: ReadonlyMap<string, number>) {
    this.#values = values;
  }

  static async read({ httpUrl }: RunningServer): Promise<Metrics> {
    return Metrics.parse(await (await fetch(`${httpUrl}/metrics`)).text());
  }

  static parse(text: string): Metrics {
    const values = new Map<string, number>();
    for (const line of text.split("\n")) {
      const [, name, value] = /^([^#\s]+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
      if (name) values.set(name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name, Number(value));
    }
    return new Metrics(values);
  }

  /** Reads until the condition holds, and gives the figures for which it does. */
  static async until(server: RunningServer, holds: (metrics: Metrics) => boolean, what: string) {
    let metrics: Metrics | undefined;
    await poll(
      async () => {
        metrics = await Metrics.read(server);
        return holds(metrics);
      },
      () => `${what}: ${metrics?.of("mqtt_")}`,
    );
    return metrics as Metrics;
  }

  /** One series, as `mqtt_messages_delivered_total{qos="0"}`; one that there is not yet is 0. */
  get(series: string): number {
    return this.#values.get(series) ?? 0;
  }

  /** All series of one metric together. */
  sum(metric: string): number {
    let sum = 0;
    for (const [name, value] of this.#values) if (name.replace(/\{.*/, "") === metric) sum += value;
    return sum;
  }

  /** MQTT messages that were not delivered, whatever the reason. */
  get dropped(): number {
    return this.sum("mqtt_messages_dropped_total");
  }

  get delivered(): number {
    return this.sum("mqtt_messages_delivered_total");
  }

  /** For the text of a failure. */
  of(prefix: string): string {
    return [...this.#values]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
  }
}
