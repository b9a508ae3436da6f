import type { Caller } from "../caller.js";
import type { Features } from "../channels.js";
import { errors } from "../codes.js";
import { quote } from "../command.js";
import { Fault } from "../fault.js";
import type { View } from "../session-rights.js";

/** What a channel grants to a client that may ask about it or publish to it. @throws {Fault} when it may not. */
export function checkVisible({ context, subscriptions }: Caller, channel: string): Features {
  const features = context.channels.features(channel);
  if (features instanceof Fault) throw features;
  if (features.requireToken && !subscriptions.get(channel)?.settled)
    throw new Fault(errors.permissionDenied, `subscribe to ${quote(channel)} first`);
  return features;
}

/** How much of a channel the client may see in this way. @throws {Fault} when it is nothing. */
export function viewOf(
  { rights, subscriptions }: Caller,
  action: "presence" | "history",
  channel: string,
  features: Features,
): View {
  const subscription = subscriptions.get(channel);
  const granted = subscription?.settled === true && subscription.granted;
  const view = rights.view(channel, action, features, granted);
  if (view === "none") throw rights.refusal(action, channel);
  return view;
}
