import { Denied } from "../../access/denied.js";
import type { Principal } from "../../access/principal.js";
import type { Caller } from "../caller.js";
import { channelOf } from "../channel-name.js";
import { errors } from "../codes.js";
import { type Command, quote } from "../command.js";
import { denialOf } from "../denial.js";
import { Fault } from "../fault.js";
import { grantOf } from "../subscription-token.js";

/** Takes a newer token for the connection. */
export async function refresh(caller: Caller, { id, request }: Command): Promise<void> {
  const fresh = await identify(caller, tokenOf("refresh", request));
  if (caller.closed || fresh === undefined) return;
  caller.belongTo(fresh);
  if (caller.closed) return;
  caller.expiry.set(fresh.expiresAt);
  const version = JSON.stringify(caller.context.version);
  caller.replies.result(id, "refresh", `"client":"${caller.id}","version":${version}${caller.expiry.result}`);
}

/** Undefined when the session has been ended. */
async function identify(caller: Caller, token: string): Promise<Principal | undefined> {
  const { peer } = caller.visitor;
  try {
    const fresh = await caller.context.gate.admit({ door: "channel", peer, token });
    if (fresh.user !== caller.user) throw new Denied("credentials", `it is for user ${quote(fresh.user)}`);
    return fresh;
  } catch (error) {
    const denial = denialOf(caller, error);
    if (!(denial instanceof Fault)) caller.disconnect(denial);
    // An error in the answer would keep the client away for good, where another token is all it needs.
    else if (denial.code === errors.tokenExpired.code) caller.disconnect("expired");
    else throw denial;
    return undefined;
  }
}

/** Takes a newer token for a subscription. */
export async function subRefresh(caller: Caller, { id, request }: Command): Promise<void> {
  const channel = channelOf("sub_refresh", request);
  const token = tokenOf("sub_refresh", request);
  const subscription = caller.subscriptions.get(channel);
  if (!subscription) throw new Fault(errors.permissionDenied, `not subscribed to ${quote(channel)}`);
  try {
    const grant = await grantOf(caller, channel, token);
    subscription.renew(grant);
  } catch (error) {
    // The error alone would end the subscription for good; so the client subscribes again, with another token.
    if (isExpired(error) && !subscription.closed) caller.subscriptions.end(channel, "expired");
    throw error;
  }
  caller.replies.result(id, "sub_refresh", subscription.expiry.result.slice(1));
}

function isExpired(error: unknown): boolean {
  return error instanceof Fault && error.code === errors.tokenExpired.code;
}

function tokenOf(method: string, { token }: Command["request"]): string {
  if (typeof token === "string" && token !== "") return token;
  throw new Fault(errors.badRequest, `${method}.token is missing`);
}
