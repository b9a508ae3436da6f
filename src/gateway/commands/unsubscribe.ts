import type { Caller } from "../caller.js";
import { channelOf } from "../channel-name.js";
import { errors } from "../codes.js";
import type { Command } from "../command.js";
import { Fault } from "../fault.js";

/** Ends a subscription, in any state. */
export function unsubscribe({ subscriptions, replies }: Caller, { id, request }: Command): void {
  const subscription = subscriptions.get(channelOf("unsubscribe", request));
  if (subscription) {
    subscription.refused(new Fault(errors.notAvailable, "unsubscribed before it was subscribed"));
    subscriptions.drop(subscription);
  }
  replies.result(id, "unsubscribe");
}
