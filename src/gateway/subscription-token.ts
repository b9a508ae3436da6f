import type { Caller } from "./caller.js";
import { quote } from "./command.js";
import { tokenFault } from "./token-fault.js";
import { type Grant, InvalidToken } from "./tokens.js";

/** What a token grants in this channel to this client. Rejects with a {@link Fault}. */
export async function grantOf(caller: Caller, channel: string, token: string): Promise<Grant> {
  try {
    const grant = await caller.context.tokens.verifySubscription(token);
    if (grant.channel !== channel) throw new InvalidToken(`it is for channel ${quote(grant.channel)}`);
    if (grant.user !== caller.identity.user) throw new InvalidToken(`it is for user ${quote(grant.user)}`);
    return grant;
  } catch (error) {
    throw tokenFault(caller, "subscription", error, channel);
  }
}
