import { MAX_LEVELS } from "./topics.js";

export interface TopicSizes {
  /** Bytes. */
  readonly maxTopicLength?: number | undefined;
  readonly maxTopicLevels?: number | undefined;
}

const SLASH = 0x2f;

/** How long and how deep the topics and filters of clients may be. */
export class TopicLimits {
  readonly #maxLength: number;
  readonly #maxLevels: number;
  /** Connections that were closed for it. */
  readonly exceeded = { maxTopicLength: 0, maxTopicLevels: 0 };

  constructor({ maxTopicLength, maxTopicLevels }: TopicSizes) {
    this.#maxLength = maxTopicLength ?? Number.POSITIVE_INFINITY;
    this.#maxLevels = maxTopicLevels ?? MAX_LEVELS;
  }

  /** Why the topic or filter that stands there ends its client's connection. */
  fault(buffer: Uint8Array, start: number, end: number): string | undefined {
    if (end - start > this.#maxLength) {
      this.exceeded.maxTopicLength++;
      return `a topic of ${end - start} bytes is over limits.maxTopicLength (${this.#maxLength})`;
    }
    // What is deeper than that is refused anyway.
    if (this.#maxLevels >= MAX_LEVELS || this.#isWithin(buffer, start, end)) return undefined;
    this.exceeded.maxTopicLevels++;
    return `a topic with more levels than limits.maxTopicLevels (${this.#maxLevels})`;
  }

  /** The same of a text. */
  faultOf(topic: string): string | undefined {
    const bytes = Buffer.from(topic);
    return this.fault(bytes, 0, bytes.length);
  }

  #isWithin(buffer: Uint8Array, start: number, end: number): boolean {
    let levels = 1;
    for (let at = start; at < end; at++) if (buffer[at] === SLASH) levels++;
    return levels <= this.#maxLevels;
  }
}
