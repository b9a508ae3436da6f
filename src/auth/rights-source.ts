import type { Principal } from "../access/principal.js";
import type { Rights } from "../access/rights.js";
import type { Scopes } from "../access/scope.js";

/** Where rights come from. */
export interface RightsSource {
  /** Undefined when it may do everything. */
  rightsOf(principal: Principal, clientId: string): Rights | undefined;
  /** Scopes that rules give to a user. */
  scopesOf(user: string): Scopes;
}
