import type { Attempt, Door } from "../../access/gate.js";
import type { Principal } from "../../access/principal.js";
import type { Scope, Scopes } from "../../access/scope.js";
import { SecretKeys } from "../../access/secret-keys.js";
import type { CredentialKind, Method } from "../method.js";

interface Use {
  /** The key of the configuration: `api.keys`. */
  readonly name: string;
  readonly doors: readonly Door[];
  readonly scopes: readonly Scope[];
}

const API: Use = {
  name: "api.keys",
  doors: ["rest", "metrics"],
  scopes: ["publish", "read", "manage", "metrics"],
};

const GATEWAY: Use = { name: "gateway.apiKeys", doors: ["v3"], scopes: ["connect"] };

/** Keys that the configuration holds as they are. Whoever has one is the operator's own server, and no user. */
export class ConfiguredKeys implements Method {
  readonly name: string;
  readonly #doors: readonly Door[];
  readonly #scopes: Scopes;
  readonly #keys: SecretKeys;

  private constructor({ name, doors, scopes }: Use, keys: readonly string[]) {
    this.name = name;
    this.#doors = doors;
    this.#scopes = new Set(scopes);
    this.#keys = new SecretKeys(keys);
  }

  /** `api.keys`. */
  static ofApi(keys: readonly string[]): ConfiguredKeys {
    return new ConfiguredKeys(API, keys);
  }

  /** `gateway.apiKeys`. */
  static ofGateway(keys: readonly string[]): ConfiguredKeys {
    return new ConfiguredKeys(GATEWAY, keys);
  }

  judges(door: Door): readonly CredentialKind[] {
    return this.#doors.includes(door) ? ["key"] : [];
  }

  async admit({ door, key }: Attempt): Promise<Principal | undefined> {
    if (key === undefined || !this.#doors.includes(door)) return undefined;
    const place = this.#keys.indexOf(key);
    if (place === -1) return undefined;
    return {
      user: "",
      proof: "key",
      credential: `${this.name}[${place}]`,
      channels: [],
      scopes: this.#scopes,
      unrestricted: true,
    };
  }

  /** The configuration is read once. */
  stands(): boolean {
    return true;
  }
}
