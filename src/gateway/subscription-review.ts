import { holderOf } from "../access/grant.js";
import type { Caller } from "./caller.js";
import type { ChannelSubscription } from "./channel-subscription.js";
import { Fault } from "./fault.js";
import { pushSubscription } from "./server-subscription.js";
import type { Permit } from "./session-rights.js";

/** Ends a subscription that its client may not have any more; one that would be another begins anew. */
export function reviewSubscription(
  caller: Caller,
  { channel, permit, granted, grant, server }: ChannelSubscription,
): void {
  const { context, rights, subscriptions } = caller;
  const features = context.channels.features(channel);
  if (features instanceof Fault) return;
  if (grant && !context.gate.stands(holderOf(grant))) {
    // Its client gets another token, if there is one for it.
    subscriptions.end(channel, "expired");
    return;
  }
  const now = rights.permit(channel, features, granted);
  if (now.subscribe === "none") subscriptions.end(channel, "permissionLost");
  else if (!isSame(permit, now)) {
    const wasSettled = subscriptions.get(channel)?.settled;
    subscriptions.end(channel, "stateInvalidated");
    if (!server) return;
    // Clients do not subscribe again to what they did not choose; and nobody is told twice before connect is answered.
    if (wasSettled) void pushSubscription(caller, channel);
    else caller.disconnect("stateInvalidated");
  }
}

/** To rights that are others, a part is another part, as far as anybody knows. */
function isSame(one: Permit, other: Permit): boolean {
  return (
    one.subscribe === other.subscribe &&
    one.presence === other.presence &&
    one.recovery === other.recovery &&
    (one.subscribe !== "part" || one.rights === other.rights)
  );
}
