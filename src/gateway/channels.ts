import type { Fault } from "./fault.js";
import type { Publication } from "./publication.js";

/** Who listens to a channel. */
export interface Subscriber {
  /**
   * The subscription begins: every publication from here on is delivered. `snapshot` gives the last value of every topic; what
   * has been delivered live in the meantime is left out of it, so it can be read slowly, page by page.
   */
  subscribed(snapshot: Iterator<Publication>): void;
  refused(fault: Fault): void;
  deliver(publication: Publication): void;
}

/** What a client publishes. */
export interface ClientData {
  /** JSON text, exactly as the client wrote it. */
  readonly data: string;
  /** `base64` when `data` is a string that stands for bytes. */
  readonly encoding?: "base64" | undefined;
}

/** The channels that sessions may use. */
export interface Channels {
  /** Why there is no channel of this name, or undefined when there is one. */
  fault(channel: string): Fault | undefined;
  /**
   * Calls `subscribed` or `refused` once, maybe before it returns. Gives what ends the subscription in any state; after it has been
   * called the subscriber hears no more.
   */
  subscribe(channel: string, subscriber: Subscriber): () => void;
  /** Resolves once the message is taken; rejects with a {@link Fault}. */
  publish(channel: string, data: ClientData): Promise<void>;
}
