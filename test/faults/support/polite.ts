import assert from "node:assert/strict";
import { numbered, numberOf, RawMqtt } from "../../helpers/raw.js";
import type { RunningServer } from "../../helpers/server.js";
import type { Teardown } from "../../helpers/teardown.js";

const TICK_MS = 20;
const SIZE = 100;
/** A server that lets others wait for longer than this stands still, however busy the machine is. */
const STALL_MS = 3_000;

/** A client that publishes a little, at QoS 0 and 1, to a topic of its own, which it is subscribed to itself. */
class Polite {
  readonly client: RawMqtt;
  readonly #topic: string;
  readonly #sentAt: number[] = [];
  readonly #got: [number[], number[]] = [[], []];

  private constructor(client: RawMqtt, topic: string, latencies: number[]) {
    this.client = client;
    this.#topic = topic;
    client.onPublish = (publish) => {
      const number = numberOf(publish);
      this.#got[publish.qos === 0 ? 0 : 1].push(number);
      latencies.push(performance.now() - (this.#sentAt[number] ?? 0));
    };
  }

  static async open(t: Teardown, server: RunningServer, index: number, latencies: number[]) {
    const client = await RawMqtt.connect(t, server, { answers: true, collects: false });
    const topic = `polite/${index}`;
    await client.subscribe({ [topic]: 1 });
    return new Polite(client, topic, latencies);
  }

  send(): void {
    for (const qos of [0, 1] as const) {
      const payload = numbered(this.#sentAt.length, SIZE);
      this.#sentAt.push(performance.now());
      this.client.publish(this.#topic, payload, qos);
    }
  }

  /** Waits until nothing is missing, and checks it. */
  async settle(): Promise<void> {
    const count = this.#sentAt.length / 2;
    await this.client.until(() => this.#got.every((got) => got.length >= count), "its own messages");
    await this.client.allAcknowledged(count);
    for (const [qos, got] of this.#got.entries())
      assert.deepEqual(
        got,
        Array.from({ length: count }, (_, i) => 2 * i + qos),
      );
  }
}

/** Twenty polite clients that go on until they are told to stop. */
export class PoliteClients {
  /** From a message's publication to its arrival, in milliseconds. */
  readonly latencies: number[] = [];
  readonly #clients: Polite[] = [];
  #timer: NodeJS.Timeout | undefined;

  static async start(t: Teardown, server: RunningServer, count = 20): Promise<PoliteClients> {
    const all = new PoliteClients();
    for (let i = 0; i < count; i++) all.#clients.push(await Polite.open(t, server, i, all.latencies));
    all.#timer = setInterval(() => {
      for (const client of all.#clients) client.send();
    }, TICK_MS);
    t.after(() => clearInterval(all.#timer));
    return all;
  }

  /** Stops, and checks that everything that they sent was acknowledged and came back, in order. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#clients.map((client) => client.settle()));
  }

  assertNoStall(): void {
    const longest = Math.round(this.percentile(1));
    assert.ok(longest <= STALL_MS, `a message of a polite client took ${longest} ms`);
  }

  async end(): Promise<void> {
    await Promise.all(this.#clients.map(({ client }) => client.end()));
  }

  /** The latency that this share of the messages stayed below. */
  percentile(share: number): number {
    const sorted = Float64Array.from(this.latencies).sort();
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  }
}
