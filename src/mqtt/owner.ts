import { anonymous } from "../access/anonymous.js";
import type { Principal } from "../access/principal.js";
import { noScopes } from "../access/scope.js";
import type { StoredOwner } from "../storage/store.js";

/** What is kept of whose a session or a will is; undefined for an anonymous client's, which is anybody's. */
export function ownerOf({ user, stated, unrestricted }: Principal): StoredOwner | undefined {
  const beyondRules = stated !== undefined || unrestricted;
  return user === "" && !beyondRules ? undefined : { user, stated: beyondRules };
}

/**
 * Whoever left a session or a will behind, as far as rules go by that. Undefined when they do not: its credential said itself what
 * it may do, and is not there.
 */
export function principalOf(owner: StoredOwner | undefined): Principal | undefined {
  if (!owner) return anonymous;
  const { user, stated } = owner;
  return stated ? undefined : { user, proof: "stored", channels: [], scopes: noScopes, unrestricted: false };
}
