import type { JWTPayload } from "jose";
import { scopes } from "../access/scope.js";
import type { Config } from "../config/schema.js";
import { topicFilterFault } from "../mqtt/topics.js";
import { UsageError } from "./command.js";
import { endAfter } from "./end.js";
import type { Flags } from "./token-options.js";

/** What a token is to say. */
export function claimsOf(flags: Flags, tokens: Config["tokens"]): JWTPayload {
  const { user, audience = tokens.audience, issuer = tokens.issuer } = flags;
  return {
    ...(user === undefined ? {} : { [tokens.userClaim]: user }),
    ...(issuer === undefined ? {} : { iss: issuer }),
    ...(audience === undefined ? {} : { aud: audience }),
    ...endOf(flags, tokens),
    ...(flags.info === undefined ? {} : { info: parseInfo(flags.info) }),
    ...(flags.channel === undefined ? connectionClaims(flags, tokens) : subscriptionClaims(flags)),
  };
}

function endOf({ expires = "1h" }: Flags, { requireExpiry }: Config["tokens"]): JWTPayload {
  if (expires !== "never") return { exp: endAfter("token: --expires", expires) };
  if (requireExpiry)
    process.stderr.write(
      "causeway: token: it has no end; a server takes it with tokens.requireExpiry: false only\n",
    );
  return {};
}

function connectionClaims(
  { publish, subscribe, scope, "client-id": clientId }: Flags,
  { clientIdClaim }: Config["tokens"],
): JWTPayload {
  if (clientId !== undefined && clientIdClaim === undefined)
    throw new UsageError(
      "token: --client-id needs tokens.clientIdClaim in the configuration, the claim to put it in",
    );
  const unknown = scope?.find((one) => !scopes.some((known) => known === one));
  if (unknown !== undefined)
    throw new UsageError(
      `token: --scope must be one of ${scopes.join(", ")}, not ${JSON.stringify(unknown)}`,
    );
  refuseFilters("publish", publish);
  refuseFilters("subscribe", subscribe);
  const rights = { ...(publish ? { publish } : {}), ...(subscribe ? { subscribe } : {}) };
  return {
    ...(clientId !== undefined && clientIdClaim !== undefined ? { [clientIdClaim]: clientId } : {}),
    ...(Object.keys(rights).length > 0 ? { rights } : {}),
    ...(scope ? { scopes: scope } : {}),
  };
}

function refuseFilters(flag: string, filters: readonly string[] = []): void {
  for (const filter of filters) {
    const fault = topicFilterFault(filter);
    if (fault) throw new UsageError(`token: --${flag} ${JSON.stringify(filter)}: ${fault}`);
  }
}

function subscriptionClaims(flags: Flags): JWTPayload {
  const stray = (["client-id", "publish", "subscribe", "scope"] as const).find(
    (name) => flags[name] !== undefined,
  );
  if (stray)
    throw new UsageError(`token: --${stray} is of no use in a subscription token: leave out --channel`);
  return { channel: flags.channel };
}

function parseInfo(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError('token: --info must be JSON, as \'{"name": "Ann"}\'');
  }
}
