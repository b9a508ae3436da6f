import type { Principal } from "../../access/principal.js";
import type { Rights, StatedRights } from "../../access/rights.js";
import { noScopes, type Scopes } from "../../access/scope.js";
import type { RightsSource } from "../rights-source.js";
import { explain, type Question, type Reason } from "./explain.js";
import type { Layer } from "./layer.js";
import { LayeredRights } from "./layered-rights.js";
import type { Rule } from "./rule.js";
import { RuleBook } from "./rule-book.js";
import { RuleSet } from "./rule-set.js";
import type { ScopeBook } from "./scope-book.js";
import { statedRules } from "./stated.js";
import { fillable } from "./template.js";

export interface RightsCounters {
  /** Rules in force. */
  rules: number;
  /** How often what was remembered for a client was given up, to make room. */
  forgotten: number;
}

const STATED_SLOTS = new Map([
  ["%u", 0],
  ["%c", 1],
]);

/** The rules in force, and rights by them. While there are none, only credentials that state rights are held to these. */
export class RightsEngine implements RightsSource {
  readonly counters: RightsCounters = { rules: 0, forgotten: 0 };
  readonly #stated = new WeakMap<StatedRights, RuleSet>();
  #book: RuleBook | undefined;
  #scopes: ScopeBook | undefined;

  /** From now on these are in force. */
  use(rules: readonly Rule[], scopes: ScopeBook): void {
    this.#book = new RuleBook(rules);
    this.#scopes = scopes;
    this.counters.rules = rules.length;
  }

  rightsOf(principal: Principal, clientId: string): Rights | undefined {
    if (!this.#book && !principal.stated) return undefined;
    const layers = this.#book?.layersOf(principal.user, clientId) ?? [];
    if (principal.stated) layers.push(this.#statedLayer(principal.stated, principal.user, clientId));
    return new LayeredRights(layers, this.counters);
  }

  scopesOf(user: string): Scopes {
    return this.#scopes?.scopesOf(user) ?? noScopes;
  }

  /** Which rules decide, for whoever asks why. Undefined when everything is allowed. */
  explain(principal: Principal, clientId: string, question: Question): Reason | undefined {
    const rights = this.rightsOf(principal, clientId);
    if (!rights) return undefined;
    const { user, stated } = principal;
    const rules = this.#book?.rulesFor(user, clientId) ?? [];
    const own = stated ? statedRules(stated).map((rule) => ({ rule, captures: new Map() })) : [];
    return explain(rights, [...rules, ...own], { user, clientId, question });
  }

  #statedLayer(stated: StatedRights, user: string, clientId: string): Layer {
    let set = this.#stated.get(stated);
    if (!set) {
      set = new RuleSet([{ rules: statedRules(stated), slots: STATED_SLOTS }]);
      this.#stated.set(stated, set);
    }
    return { set, values: [fillable(user), fillable(clientId)] };
  }
}
