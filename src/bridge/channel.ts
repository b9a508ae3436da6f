import type { HistoryPage, HistoryQuery, MapSubscriber, Position, Subscriber } from "../gateway/channels.js";
import { errors } from "../gateway/codes.js";
import { Fault } from "../gateway/fault.js";
import { type MapChange, MapUpdate, type Previous } from "../gateway/map-update.js";
import { Publication, PublicationHeader } from "../gateway/publication.js";
import type { Counters } from "./counters.js";
import type { Feed } from "./feed.js";
import type { Histories } from "./histories.js";
import type { History } from "./history.js";
import { historyPage } from "./history-page.js";
import type { LastValues } from "./last-values.js";
import { MapReader } from "./map-reader.js";
import type { Value } from "./value.js";

export interface ChannelParts {
  readonly feed: Feed;
  /** Where the snapshot is read; without it subscribers get none. */
  readonly values: LastValues | undefined;
  /** Where publications are kept; without it nothing can be recovered. */
  readonly histories: Histories | undefined;
  readonly counters: Counters;
  /** Called when nobody holds the channel any more. */
  readonly idle: (channel: Channel) => void;
  /** Called when a subscription could not begin; gives what is told to the client. */
  readonly failed: (channel: Channel, error: unknown) => Fault;
}

/** One channel, and who listens to it. */
export class Channel {
  readonly name: string;
  readonly #parts: ChannelParts;
  readonly #header: PublicationHeader;
  readonly #subscribers = new Set<Subscriber>();
  readonly #mapSubscribers = new Set<MapSubscriber>();
  /** Subscribers, and those who wait to become one. */
  #holders = 0;

  constructor(name: string, parts: ChannelParts) {
    this.name = name;
    this.#parts = parts;
    this.#header = new PublicationHeader(name);
  }

  get subscribers(): number {
    return this.#subscribers.size + this.#mapSubscribers.size;
  }

  /** Gives what ends the subscription, in any state. */
  subscribe(subscriber: Subscriber, since: Position | undefined): () => void {
    return this.#hold(
      subscriber,
      () => this.#subscribers.delete(subscriber),
      (held) => {
        const history = this.#parts.histories?.of(this.name);
        if (history && since && history.knows(since)) {
          const publications = this.#missed(subscriber, history, since, held);
          subscriber.subscribed({ position: since, recovered: true, publications });
          return;
        }
        this.#subscribers.add(subscriber);
        subscriber.subscribed({
          position: history?.position,
          recovered: false,
          publications: this.#snapshot(),
        });
      },
    );
  }

  /** The same for the values by topic. */
  subscribeMap(subscriber: MapSubscriber): () => void {
    return this.#hold(
      subscriber,
      () => this.#mapSubscribers.delete(subscriber),
      (held) => {
        const { values } = this.#parts;
        if (!values) {
          subscriber.refused(new Fault(errors.notAvailable, "its rule keeps no last values (snapshot)"));
          return;
        }
        const follow = (): void => {
          if (held()) this.#mapSubscribers.add(subscriber);
        };
        subscriber.opened(new MapReader(values, this.name, this.#header, follow));
      },
    );
  }

  /** @throws {Fault} */
  history(query: HistoryQuery): HistoryPage {
    try {
      const history = this.#parts.histories?.of(this.name);
      if (!history) throw new Fault(errors.notAvailable, "the channel's rule keeps no history");
      return historyPage(history, this.#header, query);
    } finally {
      if (this.#holders === 0) this.#release();
    }
  }

  deliver(value: Value, offset: number): void {
    const subscribers = this.#subscribers;
    if (subscribers.size === 0) return;
    this.#parts.counters.deliveries += subscribers.size;
    const publication = new Publication(this.#header, value, offset);
    for (const subscriber of subscribers) subscriber.deliver(publication);
  }

  /** A topic's last value has changed; without one it was removed. `previous` is the one before, when there was one. */
  change(change: MapChange, previous?: Previous): void {
    const subscribers = this.#mapSubscribers;
    if (subscribers.size === 0) return;
    this.#parts.counters.deliveries += subscribers.size;
    const update = new MapUpdate(this.#header, change);
    for (const subscriber of subscribers) subscriber.update(update, previous);
  }

  close(): void {
    this.#parts.feed.close();
  }

  /** Calls `begin` when the channel is ready. Gives what ends it in any state. */
  #hold(
    subscriber: { refused(fault: Fault): void },
    remove: () => void,
    begin: (held: () => boolean) => void,
  ): () => void {
    this.#holders++;
    let held = true;
    const leave = (): void => {
      if (!held) return;
      held = false;
      remove();
      if (--this.#holders === 0) this.#release();
    };
    const start = (): void => {
      if (held) begin(() => held);
    };
    const fail = (error: unknown): void => {
      if (!held) return;
      leave();
      subscriber.refused(this.#parts.failed(this, error));
    };
    try {
      const ready = this.#parts.feed.open();
      if (ready) ready.then(start).catch(fail);
      else start();
    } catch (error) {
      fail(error);
    }
    return leave;
  }

  #release(): void {
    this.#parts.histories?.leave(this.name);
    this.#parts.idle(this);
  }

  /** What came after a position, up to the moment when it is read to its end: from then on the subscriber is told live. */
  *#missed(
    subscriber: Subscriber,
    history: History,
    { epoch, offset }: Position,
    held: () => boolean,
  ): Generator<Publication, void, undefined> {
    for (let next = offset + 1; ; next++) {
      if (!history.knows({ epoch, offset: next - 1 })) {
        subscriber.lost();
        return;
      }
      const value = history.at(next);
      if (!value) break;
      yield new Publication(this.#header, value, next);
    }
    if (held()) this.#subscribers.add(subscriber);
  }

  #snapshot(): Iterator<Publication> | undefined {
    const { values } = this.#parts;
    return values && publications(this.#header, values.snapshot(this.name));
  }
}

function* publications(
  header: PublicationHeader,
  values: Iterable<Value>,
): Generator<Publication, void, undefined> {
  for (const value of values) yield new Publication(header, value);
}
