import type { Content } from "../content.js";
import type { MapUpdate } from "../map-update.js";

/** What a filter looks at: the tags of a publication. */
export type Tags = Pick<Content, "topic" | "encoding">;

export interface Condition {
  /** Two of the same text are the same. */
  readonly text: string;
  readonly holds: (tags: Tags) => boolean;
  /** Whether it looks at more than the topic. */
  readonly readsEncoding: boolean;
}

/**
 * What a subscriber wants of a channel. Everybody who asks for the same has the same filter; it remembers the topic that it has
 * judged last, so that a publication is judged once, however many they are.
 */
export class Filter {
  readonly #condition: Condition;
  readonly #released: () => void;
  #topic: string | undefined;
  #concerned = false;

  constructor(condition: Condition, released: () => void) {
    this.#condition = condition;
    this.#released = released;
  }

  /** One of those who have it has no use for it any more. */
  release(): void {
    this.#released();
  }

  wants(tags: Tags): boolean {
    if (!this.concerns(tags.topic)) return false;
    const { readsEncoding, holds } = this.#condition;
    return !readsEncoding || holds(tags);
  }

  /** Whether anything of the topic can be wanted. */
  concerns(topic: string): boolean {
    if (topic === this.#topic) return this.#concerned;
    const { readsEncoding, holds } = this.#condition;
    this.#concerned =
      holds({ topic, encoding: undefined }) || (readsEncoding && holds({ topic, encoding: "base64" }));
    this.#topic = topic;
    return this.#concerned;
  }

  /** What a change of a map is to whoever sees nothing else of it: a value that is not wanted takes the place of one that may be. */
  narrow(update: MapUpdate): MapUpdate | undefined {
    if (!this.concerns(update.topic)) return undefined;
    return update.content === undefined || this.wants(update.content) ? update : update.removal;
  }
}
