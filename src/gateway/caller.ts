import type { Answer } from "./channels.js";
import type { DisconnectName } from "./counters.js";
import type { Expiry } from "./expiry.js";
import type { Replies } from "./replies.js";
import type { About } from "./session.js";
import type { SessionContext } from "./session-context.js";
import type { SubscriptionHost } from "./subscription-host.js";
import type { Subscriptions } from "./subscriptions.js";
import type { Identity } from "./tokens.js";

/** A session of the channel protocol, as its commands see it. */
export interface Caller {
  /** The client's identifier, as others see it. */
  readonly id: string;
  /** Whether it is over; nothing must be begun for it any more. */
  readonly closed: boolean;
  readonly context: SessionContext;
  readonly host: SubscriptionHost;
  readonly replies: Replies;
  readonly subscriptions: Subscriptions;
  /** Of the connection's token. */
  readonly expiry: Expiry;
  identity: Identity;
  /** Members of the connect result that depend on the transport, as JSON text. */
  readonly transportResult: string;
  /** Answers the connect command, after which others may follow. `result` is the inside of a JSON object. */
  connected(id: number, result: string, about: About, data: unknown): void;
  /** Hands a publication to the broker. */
  publish(channel: string, data: string, encoding?: "base64"): Promise<void>;
  /** Asks a device. `timeout` in ms. */
  request(channel: string, data: string, timeout: number | undefined): Promise<Answer>;
  disconnect(name: DisconnectName, particulars?: string): void;
}
