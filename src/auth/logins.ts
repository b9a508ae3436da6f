import { createHash, randomBytes } from "node:crypto";
import { Denied } from "../access/denied.js";
import type { Attempt } from "../access/gate.js";
import type { Principal } from "../access/principal.js";
import type { CredentialKind, Method } from "./method.js";

export interface LoginsOptions {
  /** In ms. */
  readonly lifetime: number;
  readonly maxSessions: number;
  /** Whether what somebody logged in with is still good. */
  readonly stands: (principal: Principal) => boolean;
  /** A login has ended before its time. */
  readonly ended: () => void;
}

/** 256 bits are not guessed. */
const ID_BYTES = 32;
/** Longer values are none of ours. */
const MAX_ID = 64;

interface Login {
  readonly hash: string;
  /** As it was let in: with a name and password. */
  readonly original: Principal;
  /** As it comes in with the cookie. */
  readonly principal: Principal;
  readonly expiresAt: number;
}

/** Logins on the dashboard. They are kept in memory only, and of the value of the cookie only a hash. */
export class Logins implements Method {
  readonly name = "login";
  readonly #options: LoginsOptions;
  /** By hash, the oldest first. */
  readonly #logins = new Map<string, Login>();
  /** Of the same, by the name of the credential. */
  readonly #names = new Map<string, Login>();
  #begun = 0;
  /** Since the start. */
  displaced = 0;

  constructor(options: LoginsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#logins.size;
  }

  /** Begins a login of somebody who has just given name and password. The value of the cookie is told to nobody else. */
  begin(original: Principal): { id: string; expiresAt: number } {
    this.#forgetEnded();
    if (this.#logins.size >= this.#options.maxSessions) this.#displace(original.user);
    const id = randomBytes(ID_BYTES).toString("base64url");
    const expiresAt = Math.min(
      Date.now() + this.#options.lifetime,
      original.expiresAt ?? Number.POSITIVE_INFINITY,
    );
    const credential = `login ${++this.#begun}`;
    const principal: Principal = { ...original, proof: "cookie", credential, expiresAt };
    const login = { hash: hashOf(id), original, principal, expiresAt };
    this.#logins.set(login.hash, login);
    this.#names.set(credential, login);
    return { id, expiresAt };
  }

  /** Who has logged in and got this value, as long as the login holds. */
  find(id: string): Principal | undefined {
    const login = id.length > MAX_ID ? undefined : this.#logins.get(hashOf(id));
    return login && this.#holds(login) ? login.principal : undefined;
  }

  /** Ends a login; whoever came in by it is cut off. Gives who it was. */
  end(id: string): Principal | undefined {
    const login = id.length > MAX_ID ? undefined : this.#logins.get(hashOf(id));
    if (!login) return undefined;
    this.#forget(login);
    this.#options.ended();
    return login.principal;
  }

  judges(): readonly CredentialKind[] {
    return [];
  }

  /** A cookie comes by itself: where something else was brought it says nothing. */
  async admit({ cookie, token, key, username, signedUrl }: Attempt): Promise<Principal | undefined> {
    const signature = signedUrl?.query.get("signature") ?? undefined;
    if (cookie === undefined || [token, key, username, signature].some((other) => other !== undefined))
      return undefined;
    const principal = this.find(cookie);
    // Not a guess: a page whose login has ended tries with what it has.
    if (!principal) throw new Denied("expired", "the login has ended");
    return principal;
  }

  stands({ proof, credential = "" }: Principal): boolean {
    if (proof !== "cookie") return true;
    const login = this.#names.get(credential);
    return login !== undefined && this.#holds(login);
  }

  #holds({ expiresAt, original }: Login): boolean {
    return expiresAt > Date.now() && this.#options.stands(original);
  }

  #forget({ hash, principal }: Login): void {
    this.#logins.delete(hash);
    this.#names.delete(principal.credential ?? "");
  }

  /** They end about in the order in which they began; what is left of the others goes when there is no room. */
  #forgetEnded(): void {
    for (const login of this.#logins.values()) {
      if (login.expiresAt > Date.now()) return;
      this.#forget(login);
    }
  }

  /** The oldest of the same user before that of another: nobody pushes others out by logging in again and again. */
  #displace(user: string): void {
    const all = [...this.#logins.values()];
    const oldest = all.find(({ principal }) => principal.user === user) ?? all[0];
    if (!oldest) return;
    this.#forget(oldest);
    this.displaced++;
    this.#options.ended();
  }
}

function hashOf(id: string): string {
  return createHash("sha256").update(id).digest("base64");
}
