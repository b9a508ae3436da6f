import { Denied } from "../../access/denied.js";
import type { Attempt } from "../../access/gate.js";
import type { Principal } from "../../access/principal.js";
import type { Backoff } from "../backoff.js";
import { fingerprint } from "../fingerprint.js";
import type { Method } from "../method.js";
import type { AccountTable } from "./accounts-file.js";
import { PasswordChecks } from "./password-checks.js";
import type { PasswordHash } from "./password-hash.js";

export interface AccountsOptions {
  /** Asked again at an attempt's turn. */
  readonly backoff: Pick<Backoff, "refuses">;
  /**
   * Whether an unknown name takes as long as a known one. Not where another method knows further names: then every one of its
   * clients would cost that work, and its own time tells the names apart anyway.
   */
  readonly hidesNames: boolean;
}

/** Of a fingerprint, to tell one password of an account from the next. */
const CREDENTIAL_LENGTH = 12;

/** Names and passwords. */
export class Accounts implements Method {
  readonly name = "accounts";
  readonly checks: PasswordChecks;
  readonly #hidesNames: boolean;
  #accounts: AccountTable = new Map();
  #hashes: readonly PasswordHash[] = [];

  constructor({ backoff, hidesNames }: AccountsOptions) {
    this.checks = new PasswordChecks(backoff);
    this.#hidesNames = hidesNames;
  }

  get size(): number {
    return this.#accounts.size;
  }

  /** What the file holds now. */
  replace(accounts: AccountTable): void {
    this.#accounts = accounts;
    this.#hashes = [...accounts.values()];
  }

  async admit(attempt: Attempt): Promise<Principal | undefined> {
    const { username: user, password } = attempt;
    if (user === undefined || password === undefined) return undefined;
    const hash = this.#accounts.get(user);
    if (!hash) {
      await this.#hide(attempt, user, password);
      return undefined;
    }
    const isRight = await this.checks.matches(attempt, user, password, hash);
    if (!isRight) throw new Denied("credentials", "the password is wrong");
    const credential = credentialOf(user, hash);
    if (credential !== this.#credentialNow(user))
      throw new Denied("credentials", "the account has changed in the meantime");
    return {
      user,
      proof: "password",
      credential,
      channels: [],
      scopes: new Set(["connect"]),
      unrestricted: false,
    };
  }

  stands({ proof, user, credential }: Principal): boolean {
    return proof !== "password" || credential === this.#credentialNow(user);
  }

  #credentialNow(user: string): string | undefined {
    const hash = this.#accounts.get(user);
    return hash && credentialOf(user, hash);
  }

  /** A name that does not exist looks like one of those that do, and always like the same one. */
  async #hide(attempt: Attempt, name: string, password: string): Promise<void> {
    if (!this.#hidesNames || this.#hashes.length === 0) return;
    const pick = Buffer.from(fingerprint("unknown", name), "base64url").readUInt32BE();
    const hash = this.#hashes[pick % this.#hashes.length];
    if (hash) await this.checks.pretend(attempt, name, password, hash);
  }
}

/** Ends with the password that the account has now, and says nothing of it. */
function credentialOf(name: string, { text }: PasswordHash): string {
  return fingerprint("account", name, text).slice(0, CREDENTIAL_LENGTH);
}
