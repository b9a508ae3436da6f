import type { Retained, RetainedMessage } from "../http/api/retained.js";
import { encodePayload } from "./payload.js";

/** Where retained messages are. */
export interface RetainedSource {
  /** Those that match and come after a topic, in an order that stays the same. */
  retained(filter: string, after: string): AsyncIterable<StoredMessage>;
}

interface StoredMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly time: number;
}

/** Retained messages with their payloads as channels carry them. */
export class RetainedView implements Retained {
  readonly #source: RetainedSource;

  constructor(source: RetainedSource) {
    this.#source = source;
  }

  async *find(filter: string, after: string): AsyncIterable<RetainedMessage> {
    for await (const { topic, payload, qos, time } of this.#source.retained(filter, after))
      yield { topic, qos, size: payload.length, time, ...encodePayload(payload) };
  }
}
