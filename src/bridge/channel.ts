import type { Subscriber } from "../gateway/channels.js";
import { Publication, PublicationHeader } from "../gateway/publication.js";
import type { Counters } from "./counters.js";
import type { Feed } from "./feed.js";
import type { LastValues } from "./last-values.js";
import type { Value } from "./value.js";

export interface ChannelParts {
  readonly feed: Feed;
  /** Where the snapshot is read; without it subscribers get none. */
  readonly values: LastValues | undefined;
  readonly counters: Counters;
  /** Called when nobody holds the channel any more. */
  readonly idle: (channel: Channel) => void;
  /** Called when a subscription could not begin. Gives up the subscriber with what is told to the client. */
  readonly failed: (channel: Channel, subscriber: Subscriber, error: unknown) => void;
}

/** One channel, and who listens to it. */
export class Channel {
  readonly name: string;
  readonly #parts: ChannelParts;
  readonly #header: PublicationHeader;
  readonly #subscribers = new Set<Subscriber>();
  /** Subscribers, and those who wait to become one. */
  #holders = 0;

  constructor(name: string, parts: ChannelParts) {
    this.name = name;
    this.#parts = parts;
    this.#header = new PublicationHeader(name);
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  /** Gives what ends the subscription, in any state. */
  subscribe(subscriber: Subscriber): () => void {
    this.#holders++;
    let held = true;
    const leave = (): void => {
      if (!held) return;
      held = false;
      this.#subscribers.delete(subscriber);
      if (--this.#holders === 0) this.#parts.idle(this);
    };
    const begin = (): void => {
      if (!held) return;
      this.#subscribers.add(subscriber);
      subscriber.subscribed(this.#snapshot());
    };
    const fail = (error: unknown): void => {
      if (!held) return;
      leave();
      this.#parts.failed(this, subscriber, error);
    };
    try {
      const ready = this.#parts.feed.open();
      if (ready) ready.then(begin).catch(fail);
      else begin();
    } catch (error) {
      fail(error);
    }
    return leave;
  }

  deliver(value: Value): void {
    const subscribers = this.#subscribers;
    if (subscribers.size === 0) return;
    this.#parts.counters.deliveries += subscribers.size;
    const publication = new Publication(this.#header, value);
    for (const subscriber of subscribers) subscriber.deliver(publication);
  }

  close(): void {
    this.#parts.feed.close();
  }

  #snapshot(): Iterator<Publication> {
    return publications(this.#header, this.#parts.values?.snapshot(this.name) ?? []);
  }
}

function* publications(
  header: PublicationHeader,
  values: Iterable<Value>,
): Generator<Publication, void, undefined> {
  for (const value of values) yield new Publication(header, value);
}
