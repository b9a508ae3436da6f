import type { Caller } from "../caller.js";
import type { Features } from "../channels.js";
import { errors } from "../codes.js";
import { quote } from "../command.js";
import { Fault } from "../fault.js";

/** What a channel grants to a client that may ask about it or publish to it. @throws {Fault} when it may not. */
export function checkVisible({ context, subscriptions }: Caller, channel: string): Features {
  const features = context.channels.features(channel);
  if (features instanceof Fault) throw features;
  if (features.requireToken && !subscriptions.get(channel)?.settled)
    throw new Fault(errors.permissionDenied, `subscribe to ${quote(channel)} first`);
  return features;
}
