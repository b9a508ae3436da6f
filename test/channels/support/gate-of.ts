import { anonymous } from "../../../src/access/anonymous.js";
import { Denied } from "../../../src/access/denied.js";
import type { Attempt, Gate } from "../../../src/access/gate.js";
import { checkChannel } from "../../../src/access/grant.js";
import type { Principal } from "../../../src/access/principal.js";
import { noScopes } from "../../../src/access/scope.js";
import { ConfiguredKeys } from "../../../src/auth/keys/configured-keys.js";
import type { Tokens } from "./test-tokens.js";

/** A gate that knows tokens, lets in those without one, and gives everybody every right. */
export function gateOf(tokens: Tokens, apiKeys: readonly string[] = []): Gate {
  const keys = ConfiguredKeys.ofGateway(apiKeys);
  return {
    anonymous: true,
    async admit(attempt) {
      const holder = await keys.admit(attempt);
      if (holder) return holder;
      if (apiKeys.length > 0 && attempt.door === "v3" && attempt.token === undefined)
        throw new Denied("credentials", "no key");
      return admit(tokens, attempt);
    },
    async grant(token, entry) {
      const grant = await tokens.verifySubscription(token);
      if (entry) checkChannel(grant, entry.channel);
      return grant;
    },
    rightsOf: () => undefined,
    stands: () => true,
    onChange: () => () => undefined,
  };
}

async function admit(tokens: Tokens, { token }: Attempt): Promise<Principal> {
  if (token === undefined) return anonymous;
  const identity = await tokens.verifyConnection(token);
  return { proof: "token", scopes: noScopes, unrestricted: false, ...identity };
}

const refuse = (): Promise<never> => Promise.reject(new Denied("credentials", "no tokens here"));

/** Knows no token at all. */
export const noTokens: Tokens = { verifyConnection: refuse, verifySubscription: refuse };
