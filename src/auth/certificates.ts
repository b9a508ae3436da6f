import { Denied } from "../access/denied.js";
import type { Attempt } from "../access/gate.js";
import type { Principal } from "../access/principal.js";
import { noScopes } from "../access/scope.js";
import type { Method } from "./method.js";

/** Which client certificates count no longer. */
export interface Revocations {
  isRevoked(issuer: string, serial: string): boolean;
  /** Others count from now on. Returns what ends it. */
  onChange(listener: () => void): () => void;
}

/** Who shows a client certificate, and nothing else. Its listener has verified it. */
export class Certificates implements Method {
  readonly name = "certificates";
  readonly #revocations: Revocations;

  constructor(revocations: Revocations) {
    this.#revocations = revocations;
  }

  async admit(attempt: Attempt): Promise<Principal | undefined> {
    const { certificate } = attempt.peer;
    if (!certificate || bringsMore(attempt)) return undefined;
    const { user, issuer, serial, expiresAt } = certificate;
    if (user === "") throw new Denied("credentials", `the client certificate ${serial} names no user`);
    if (this.#revocations.isRevoked(issuer, serial))
      throw new Denied("credentials", `the client certificate ${serial} is revoked`);
    return {
      user,
      proof: "certificate",
      credential: `${issuer}:${serial}`,
      expiresAt,
      channels: [],
      scopes: noScopes,
      unrestricted: false,
    };
  }

  stands({ proof, credential = "" }: Principal): boolean {
    if (proof !== "certificate") return true;
    const [issuer = "", serial = ""] = credential.split(":");
    return !this.#revocations.isRevoked(issuer, serial);
  }
}

/** Whoever brings another credential wants to be known by that one. A name alone proves nothing, and is ignored. */
function bringsMore({ password, token, key, cookie, signedUrl }: Attempt): boolean {
  const signature = signedUrl?.query.get("signature") ?? undefined;
  return [password, token, key, cookie, signature].some((one) => one !== undefined);
}
