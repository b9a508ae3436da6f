import { Denied } from "../access/denied.js";
import type { Grant } from "../access/grant.js";
import type { Caller } from "./caller.js";
import { quote } from "./command.js";
import { grantFault } from "./denial.js";

/** What a token grants in this channel to this client. Rejects with a {@link Fault}. */
export async function grantOf(caller: Caller, channel: string, token: string): Promise<Grant> {
  try {
    const grant = await caller.context.gate.grant(token);
    if (grant.channel !== channel)
      throw new Denied("credentials", `it is for channel ${quote(grant.channel)}`);
    if (grant.user !== caller.user) throw new Denied("credentials", `it is for user ${quote(grant.user)}`);
    return grant;
  } catch (error) {
    throw grantFault(caller, error, channel);
  }
}
