import { Latency } from "../../measure/latency.js";
import type { Endpoint } from "../wire/endpoint.js";
import type { Watch } from "./counter.js";
import { Subscriber, type SubscriberOptions } from "./subscriber.js";

export interface AudienceOptions extends Omit<SubscriberOptions, "name"> {
  /** Of each of them, before its number. */
  readonly name: string;
  readonly size: number;
  /** Of so many one is going to stop reading; none without it. */
  readonly frozenEvery?: number | undefined;
  readonly onLost: (reason: string) => void;
}

/** Subscribers of the same messages, some of whom stop reading. What is counted is of the others. */
export class Audience {
  readonly healthy: readonly Subscriber[];
  readonly #frozen: readonly Subscriber[];

  private constructor(healthy: readonly Subscriber[], frozen: readonly Subscriber[]) {
    this.healthy = healthy;
    this.#frozen = frozen;
  }

  /** Opens one connection after the other: a hundred at once would overflow the queue of a listening socket. */
  static async open(endpoint: Endpoint, options: AudienceOptions): Promise<Audience> {
    const { name, size, frozenEvery = Number.POSITIVE_INFINITY, onLost, ...rest } = options;
    const [healthy, frozen]: [Subscriber[], Subscriber[]] = [[], []];
    for (let number = 1; number <= size; number++) {
      const subscriber = await Subscriber.open(endpoint, { ...rest, name: `${name}-${number}` });
      subscriber.onLost = onLost;
      (number % frozenEvery === 0 ? frozen : healthy).push(subscriber);
    }
    return new Audience(healthy, frozen);
  }

  async settle(): Promise<void> {
    await Promise.all(this.#all.map((subscriber) => subscriber.settle()));
  }

  /** Resolves when all of them have got the first message. */
  async learn(watch: Watch): Promise<void> {
    const unwatched = { latency: new Latency(), every: Number.POSITIVE_INFINITY, onProgress: () => {} };
    await Promise.all([
      ...this.healthy.map((subscriber) => subscriber.learn(watch)),
      ...this.#frozen.map((subscriber) => subscriber.learn(unwatched)),
    ]);
  }

  freeze(): void {
    for (const subscriber of this.#frozen) subscriber.freeze();
  }

  get received(): number {
    return this.healthy.reduce((sum, { received }) => sum + received, 0);
  }

  get foreign(): number {
    return this.healthy.reduce((sum, { foreign }) => sum + foreign, 0);
  }

  /** Messages of one publisher that the slowest of them got or was passed over with. */
  get progress(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const { progress } of this.healthy) least = Math.min(least, progress);
    return least;
  }

  close(): void {
    for (const subscriber of this.#all) subscriber.close();
  }

  get #all(): Subscriber[] {
    return [...this.healthy, ...this.#frozen];
  }
}
