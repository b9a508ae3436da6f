import type { Scope, Scopes } from "../../access/scope.js";
import { noScopes } from "../../access/scope.js";
import { NamePattern } from "./name-pattern.js";
import type { ScopeOptions } from "./options.js";

/** Scopes by user name. */
export class ScopeBook {
  readonly #byName = new Map<string, Set<Scope>>();
  readonly #byPattern: { readonly pattern: NamePattern; readonly scopes: readonly Scope[] }[] = [];

  constructor(options: Iterable<ScopeOptions>) {
    for (const { users, scopes } of options) for (const user of users) this.#add(user, scopes);
  }

  scopesOf(user: string): Scopes {
    if (user === "") return noScopes;
    const patterns = this.#byPattern.filter(({ pattern }) => pattern.match(user));
    const own = this.#byName.get(user);
    if (patterns.length === 0) return own ?? noScopes;
    return new Set([...(own ?? []), ...patterns.flatMap(({ scopes }) => scopes)]);
  }

  #add(user: string, scopes: readonly Scope[]): void {
    const pattern = NamePattern.parse(user);
    if (pattern.literal === undefined) {
      this.#byPattern.push({ pattern, scopes });
      return;
    }
    this.#byName.set(user, new Set([...(this.#byName.get(user) ?? []), ...scopes]));
  }
}
