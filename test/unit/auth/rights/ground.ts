import type { Principal } from "../../../../src/access/principal.js";
import type { StatedRights } from "../../../../src/access/rights.js";
import { noScopes } from "../../../../src/access/scope.js";
import { ConfiguredRules } from "../../../../src/auth/rights/configured.js";
import { RightsEngine } from "../../../../src/auth/rights/engine.js";
import type { RuleOptions } from "../../../../src/auth/rights/options.js";
import type { Rule } from "../../../../src/auth/rights/rule.js";
import { ScopeBook } from "../../../../src/auth/rights/scope-book.js";

export type Written = Partial<RuleOptions>;

export function ruleOf(rule: Written): RuleOptions {
  return { anonymous: false, ...rule };
}

export function rulesOf(rules: readonly Written[]): Rule[] {
  const configured = new ConfiguredRules();
  return rules.map((rule, index) => configured.rule(ruleOf(rule), `rights.rules[${index}]`));
}

export function engineOf(rules: readonly Written[], more: readonly Rule[] = []): RightsEngine {
  const engine = new RightsEngine();
  engine.use([...rulesOf(rules), ...more], new ScopeBook([]));
  return engine;
}

export function principalOf(user: string, stated?: StatedRights): Principal {
  const proof = user === "" ? "none" : "password";
  return { user, proof, channels: [], scopes: noScopes, stated, unrestricted: false };
}

/** The rights of one client under some rules. */
export function rightsOf(rules: readonly Written[], user = "ana", clientId = "c1") {
  const rights = engineOf(rules).rightsOf(principalOf(user), clientId);
  if (!rights) throw new Error("no rights, though there are rules");
  return rights;
}
