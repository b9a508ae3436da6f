import type { ChannelSubscription, UnsubscribeName } from "./channel-subscription.js";
import { errors, resubscribes, type UnsubscribeCode, unsubscribes } from "./codes.js";
import { quote } from "./command.js";
import type { Counters } from "./counters.js";
import type { Dismissal } from "./dismissal.js";
import { Fault } from "./fault.js";
import { MapSubscription } from "./map-subscription.js";
import type { Replies } from "./replies.js";

/** What one session is subscribed to. */
export class Subscriptions {
  readonly #most: number;
  readonly #counters: Counters;
  readonly #replies: Replies;
  readonly #byChannel = new Map<string, ChannelSubscription>();

  constructor(most: number, counters: Counters, replies: Replies) {
    this.#most = most;
    this.#counters = counters;
    this.#replies = replies;
  }

  get(channel: string): ChannelSubscription | undefined {
    return this.#byChannel.get(channel);
  }

  get channels(): readonly string[] {
    return [...this.#byChannel.keys()];
  }

  get all(): readonly ChannelSubscription[] {
    return [...this.#byChannel.values()];
  }

  get size(): number {
    return this.#byChannel.size;
  }

  /** @throws {Fault} when there is no room for the channel. */
  check(channel: string): void {
    if (this.#byChannel.has(channel)) throw new Fault(errors.alreadySubscribed, quote(channel));
    if (this.#byChannel.size >= this.#most)
      throw new Fault(errors.limitExceeded, `a session has at most ${this.#most} subscriptions`);
  }

  add(subscription: ChannelSubscription): void {
    this.#byChannel.set(subscription.channel, subscription);
    this.#counters.subscriptions++;
  }

  /** Ends a subscription without a word. */
  drop(subscription: ChannelSubscription): void {
    if (this.#byChannel.get(subscription.channel) !== subscription) return;
    this.#byChannel.delete(subscription.channel);
    this.#counters.subscriptions--;
    subscription.close();
  }

  /** Ends a subscription and tells the client. False when there is none. */
  end(channel: string, name: UnsubscribeName, { code, reason }: Dismissal = {}): boolean {
    const subscription = this.#byChannel.get(channel);
    if (!subscription) return false;
    const usual = unsubscribes[name];
    const ending = { code: code ?? usual.code, reason: reason ?? usual.reason };
    if (!subscription.settled) {
      // A client does not listen to the end of what has not begun.
      const isExpired = name === "expired";
      subscription.dismiss(isExpired ? new Fault(errors.tokenExpired) : refusalOf(subscription, ending));
      return true;
    }
    this.drop(subscription);
    this.#replies.push({ channel, unsubscribe: ending });
    return true;
  }

  clear(): void {
    for (const subscription of this.#byChannel.values()) this.drop(subscription);
  }
}

/** What a client is told whose subscription ends before it has begun: whether it subscribes again is as with the code. */
function refusalOf(
  subscription: ChannelSubscription,
  { code, reason }: Pick<UnsubscribeCode, "code" | "reason">,
): Fault {
  if (!resubscribes(code)) return new Fault(errors.permissionDenied, reason);
  // What it has of a map may be of what it was allowed to see before.
  return subscription instanceof MapSubscription
    ? new Fault(errors.unrecoverablePosition, `${reason}; begin anew`)
    : new Fault(errors.internal, `${reason}; subscribe again`);
}
