import type { Logger } from "pino";
import type { Store, StoredMessage } from "../storage/store.js";
import type { Intake, Publisher } from "./intake.js";
import { Listener } from "./listener.js";
import { Message, type MessageContent } from "./message.js";
import { Publishers } from "./publishers.js";
import { type Recorder, RecordingListener } from "./recording-listener.js";
import type { Recordings } from "./recordings.js";
import type { Router } from "./router.js";
import type { Subscriber } from "./session.js";
import { reservedFault, topicNameFault } from "./topics.js";

export interface BusParts {
  readonly router: Router<Subscriber>;
  readonly recordings: Recordings;
  readonly intake: Intake;
  readonly store: Store;
  readonly log: Logger;
}

/** A store that has just begun to fail keeps nobody from what is retained for longer. */
const LONGEST_SETTLING_MS = 1_000;

/** The broker's messages for the rest of the process, which has no connection: the bridge, the REST API, webhooks. */
export class Bus {
  /** For messages that are nobody's: the engine's own, and those of the rest of the process. */
  readonly internal: Publisher = { pending: 0, pendingBytes: 0 };
  readonly #parts: BusParts;
  readonly #publishers = new Publishers();

  constructor(parts: BusParts) {
    this.#parts = parts;
  }

  /**
   * Calls back synchronously, in publish order, until the returned function is called. With a recorder: once a message's
   * record is where the durability wants it, in the order of the records. The publisher is told only then that a QoS 1 or 2
   * message was taken; one at QoS 0 is with its other subscribers before.
   */
  subscribe(filter: string, callback: (message: MessageContent) => void, recorder?: Recorder): () => void {
    const { log, recordings, router } = this.#parts;
    const failed = (error: unknown) => log.error({ err: error, filter }, "a listener failed");
    if (recorder) return recordings.subscribe(filter, new RecordingListener(callback, recorder, failed));
    const listener = new Listener(callback, failed);
    router.subscribe(filter, listener, 2);
    return () => router.unsubscribe(filter, listener);
  }

  /** Resolves once the message is stored where it must be and with its subscribers. Messages of one origin keep their order. */
  publish(content: MessageContent): Promise<void> {
    if (content.origin === undefined) return this.#publish(content, this.internal);
    return this.#publishers.as(content.origin, (publisher) => this.#publish(content, publisher));
  }

  /** For somebody whose messages keep their order among themselves, and wait for nobody else's. */
  publisher(): { publish(content: MessageContent): Promise<void> } {
    const publisher: Publisher = { pending: 0, pendingBytes: 0 };
    return { publish: (content) => this.#publish(content, publisher) };
  }

  /**
   * Retained messages that match; with `after`, those that come after that topic, in an order that stays the same.
   * Messages are read as soon as they wait for the store, and passed on when they are written. It ends when all that were read are with
   * the callbacks: to whoever has subscribed before, what is retained is never newer than what it has been told.
   */
  async *retained(filter: string, after?: string): AsyncGenerator<StoredMessage, void, undefined> {
    const { store } = this.#parts;
    yield* store.retained(filter, after);
    if (store.failingSince !== undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LONGEST_SETTLING_MS);
    });
    await Promise.race([store.flush(), patience]).finally(() => clearTimeout(timer));
  }

  async #publish(content: MessageContent, publisher: Publisher): Promise<void> {
    const fault = topicNameFault(content.topic) ?? reservedFault(content.topic);
    if (fault) throw new Error(fault);
    await new Promise<void>((resolve, reject) => {
      const settled = (error?: unknown) => (error ? reject(error) : resolve());
      if (this.#parts.intake.take(new Message(content), publisher, settled)) resolve();
    });
  }
}
