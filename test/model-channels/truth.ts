import { topicMatches } from "../../src/mqtt/topics.js";
import type { World } from "./world.js";

/** A message as the judge sees it; 0 stands for one that clears the topic. */
export interface Fact {
  readonly topic: string;
  readonly n: number;
}

/** As much of a channel as a client wants. */
export interface View {
  readonly channel: string;
  /** Of the topics that it wants. */
  readonly tail: string;
}

/** What is true of the channels, worked out from what was published and from nothing else. */
export class Truth {
  readonly #world: World;
  /** Last values, the one that was updated longest ago first. */
  readonly #values = new Map<string, number>();
  readonly #published = new Map<string, Fact[]>();

  constructor(world: World) {
    this.#world = world;
    for (const channel of world.channels.keys()) this.#published.set(channel, []);
  }

  publish(topic: string, n: number): void {
    const isKnown = this.#values.delete(topic);
    if (n > 0) {
      if (!isKnown && this.#values.size >= this.#world.maxTopics) this.#dropOldest();
      this.#values.set(topic, n);
    }
    for (const [channel, facts] of this.#published) if (this.#has(channel, topic)) facts.push({ topic, n });
  }

  /** The last value of each of the channel's topics that end so. */
  values({ channel, tail }: View): Map<string, number> {
    return new Map([...this.#values].filter(([topic]) => this.#has(channel, topic) && topic.endsWith(tail)));
  }

  /** What was published to the channel at an offset; the first has 1. */
  published({ channel }: View, offset: number): Fact | undefined {
    return this.#published.get(channel)?.[offset - 1];
  }

  /** The offset of the next publication whose topic ends so; undefined when there is none. */
  after({ channel, tail }: View, offset: number): number | undefined {
    const facts = this.#published.get(channel) ?? [];
    const index = facts.findIndex(({ topic }, i) => i >= offset && topic.endsWith(tail));
    return index === -1 ? undefined : index + 1;
  }

  #has(channel: string, topic: string): boolean {
    return topicMatches(this.#world.channels.get(channel) ?? "", topic);
  }

  #dropOldest(): void {
    for (const topic of this.#values.keys()) {
      this.#values.delete(topic);
      return;
    }
  }
}
