import type { Latency } from "../measure/latency.js";
import type { Plan } from "./plan.js";
import { Subscriber } from "./subscriber.js";

/** All subscribers of a load. */
export class Audience {
  readonly #subscribers: Subscriber[] = [];

  /** One after the other: a hundred at once would overflow the queue of a listening socket. */
  async open({ subscribers, subscriberCount, topic }: Plan, onLost: (reason: string) => void): Promise<void> {
    for (let number = 1; number <= subscriberCount; number++) {
      const name = `subscriber-${number}`;
      const subscriber = await Subscriber.open(subscribers, topic, name);
      subscriber.onLost = (reason) => onLost(`${name} lost its connection: ${reason}`);
      this.#subscribers.push(subscriber);
    }
  }

  /** Resolves when each of them has got the first message. */
  async learn(latency: Latency, onProgress: () => void): Promise<void> {
    await Promise.all(this.#subscribers.map((subscriber) => subscriber.learn(latency, onProgress)));
  }

  get size(): number {
    return this.#subscribers.length;
  }

  get received(): number {
    let sum = 0;
    for (const subscriber of this.#subscribers) sum += subscriber.received;
    return sum;
  }

  get foreign(): number {
    let sum = 0;
    for (const subscriber of this.#subscribers) sum += subscriber.foreign;
    return sum;
  }

  /** Messages that the slowest of them has got. */
  get progress(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const subscriber of this.#subscribers) least = Math.min(least, subscriber.progress);
    return least;
  }

  close(): void {
    for (const subscriber of this.#subscribers) subscriber.close();
  }
}
