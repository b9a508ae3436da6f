import { Denied } from "../../access/denied.js";
import type { Door } from "../../access/gate.js";
import type { Grant } from "../../access/grant.js";
import type { Principal } from "../../access/principal.js";
import type { Claims } from "./claims.js";
import type { TokenOptions } from "./options.js";

type Rules = Pick<TokenOptions, "userClaim" | "clientIdClaim" | "clockTolerance">;

/** Who a connection token says that somebody is. Throws `Denied` when it says no such thing. */
export function principalOf(
  claims: Claims,
  { userClaim, clientIdClaim, clockTolerance }: Rules,
  door: Door,
): Principal {
  if (claims.has("channel"))
    throw new Denied("credentials", 'it is a subscription token (it holds "channel"), which does not let in');
  return {
    user: claims.user(userClaim),
    proof: "token",
    expiresAt: claims.expiresAt(clockTolerance),
    clientId: clientIdOf(claims, clientIdClaim, door),
    info: claims.json("info"),
    meta: claims.json("meta"),
    channels: claims.channels,
    scopes: claims.scopes,
    stated: claims.rights,
    unrestricted: false,
  };
}

/** What a subscription token allows. Throws `Denied` when it is none. */
export function grantOf(claims: Claims, { userClaim, clockTolerance }: Rules): Grant {
  return {
    user: claims.user(userClaim),
    channel: claims.channel,
    info: claims.json("info"),
    expiresAt: claims.expiresAt(clockTolerance),
  };
}

/** A device must be held to its identifier; in a browser there is none to hold to. */
function clientIdOf(claims: Claims, claim: string | undefined, door: Door): string | undefined {
  if (claim === undefined) return undefined;
  const clientId = claims.clientId(claim);
  if (clientId === undefined && door === "mqtt")
    throw new Denied("credentials", `it has no "${claim}", which tokens.clientIdClaim asks for`);
  return clientId;
}
