import type { Principal } from "../access/principal.js";
import type { Answer, ClientData } from "./channels.js";
import type { DisconnectName } from "./counters.js";
import type { Expiry } from "./expiry.js";
import type { Replies } from "./replies.js";
import type { About } from "./session.js";
import type { SessionContext } from "./session-context.js";
import type { SessionRights } from "./session-rights.js";
import type { Condition } from "./shaping/filter.js";
import type { SubscriptionHost } from "./subscription-host.js";
import type { Subscriptions } from "./subscriptions.js";
import type { Visitor } from "./visitor.js";

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
  /** Who it belongs to, and what it may do. */
  readonly rights: SessionRights;
  readonly user: string;
  /** Lets through what may be received, for subscriptions that do not show all of their channel. */
  readonly guard: Condition;
  readonly visitor: Visitor;
  /** Members of the connect result that depend on the transport, as JSON text. */
  readonly transportResult: string;
  /** Takes note of changes of rights that it has not been told of yet. */
  review(): void;
  /** It is known who the session belongs to, by the first credential or by a newer one. */
  belongTo(principal: Principal): void;
  /** Answers the connect command, after which others may follow. `result` is the inside of a JSON object. */
  connected(id: number, result: string, about: About, data: unknown): void;
  /** The client subscribes to one more channel. @throws {Fault} when it does so too often. */
  withinSubscribeRate(): void;
  /** Hands a publication to the broker. */
  publish(channel: string, data: ClientData): Promise<void>;
  /** Asks a device. `timeout` in ms. */
  request(channel: string, data: ClientData, timeout: number | undefined): Promise<Answer>;
  disconnect(name: DisconnectName, particulars?: string): void;
}
