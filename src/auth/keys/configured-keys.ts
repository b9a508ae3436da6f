import type { Attempt, Door } from "../../access/gate.js";
import type { Principal } from "../../access/principal.js";
import type { Scope, Scopes } from "../../access/scope.js";
import { SecretKeys } from "../../access/secret-keys.js";
import type { CredentialKind, Method } from "../method.js";

interface Use {
  /** Whether rules are for it, too: a key that stands in pages is known to whoever opens them. */
  readonly unrestricted: boolean;
  /** The key of the configuration: `api.keys`. */
  readonly name: string;
  readonly doors: readonly Door[];
  readonly scopes: readonly Scope[];
}

const API: Use = {
  name: "api.keys",
  doors: ["rest", "metrics"],
  scopes: ["publish", "read", "manage", "metrics"],
  unrestricted: true,
};

const GATEWAY: Use = { name: "gateway.apiKeys", doors: ["v3"], scopes: ["connect"], unrestricted: false };

/** Keys that the configuration holds as they are. They stand for no user. */
export class ConfiguredKeys implements Method {
  readonly name: string;
  readonly #doors: readonly Door[];
  readonly #scopes: Scopes;
  readonly #unrestricted: boolean;
  readonly #keys: SecretKeys;

  private constructor({ name, doors, scopes, unrestricted }: Use, keys: readonly string[]) {
    this.name = name;
    this.#doors = doors;
    this.#scopes = new Set(scopes);
    this.#unrestricted = unrestricted;
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
      unrestricted: this.#unrestricted,
    };
  }

  /** The configuration is read once. */
  stands(): boolean {
    return true;
  }
}
