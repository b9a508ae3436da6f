import type { JsonWebKey } from "node:crypto";
import { type Algorithm, algorithmNamed } from "./algorithm.js";
import { KeyFault } from "./key-fault.js";
import { publicKey, publicKeyObject, secretKey, type VerificationKey } from "./verification-key.js";

/** As long as the digest of HS256, RFC 7518 section 3.2; and what `tokens.secret` must have. */
const LEAST_SECRET_BYTES = 32;
const MOST_SECRET_BYTES = 1024;
const MAX_KID = 255;

/** RFC 7518 section 6: members that only a private key has. */
const PRIVATE = ["d", "p", "q", "dp", "dq", "qi", "oth"];

export interface JwkUse {
  readonly place: string;
  readonly only?: Algorithm | undefined;
  /** It comes over the network, where everybody can read it. */
  readonly remote: boolean;
}

/** Undefined for a key that is for something else than signatures. @throws {KeyFault} */
export function keyOfJwk(value: unknown, { place, only, remote }: JwkUse): VerificationKey | undefined {
  if (!isObject(value)) throw new KeyFault("holds a key that is no JSON object");
  const jwk = new Map(Object.entries(value));
  if (!isForSignatures(jwk)) return undefined;
  const use = { place, kid: kidOf(jwk), only: algorithmOf(jwk, only) };
  if (jwk.get("kty") === "oct") {
    if (remote) throw new KeyFault("shows a secret key to everybody who asks");
    return secretOf(jwk, use);
  }
  if (PRIVATE.some((member) => jwk.has(member)))
    throw new KeyFault("holds a private key; only the public one belongs here, without its member d");
  const key = publicKeyObject({ key: Object.fromEntries(jwk) as JsonWebKey, format: "jwk" });
  return publicKey(key, { ...use, otherwise: remote ? "all" : "first" });
}

type Jwk = ReadonlyMap<string, unknown>;

function isForSignatures(jwk: Jwk): boolean {
  const use = jwk.get("use");
  const operations = jwk.get("key_ops");
  if (use !== undefined && use !== "sig") return false;
  return !Array.isArray(operations) || operations.includes("verify");
}

function kidOf(jwk: Jwk): string | undefined {
  const kid = jwk.get("kid");
  if (kid === undefined || (typeof kid === "string" && kid.length <= MAX_KID)) return kid;
  throw new KeyFault(`holds a key whose kid is not a text of at most ${MAX_KID} characters`);
}

function algorithmOf(jwk: Jwk, only: Algorithm | undefined): Algorithm | undefined {
  const alg = jwk.get("alg");
  if (alg === undefined) return only;
  const named = typeof alg === "string" ? algorithmNamed(alg) : undefined;
  if (!named) throw new KeyFault("holds a key whose alg is none that tokens may be signed with");
  if (only && only !== named) throw new KeyFault(`holds a key for ${named}, and not for ${only}`);
  return named;
}

function secretOf(
  jwk: Jwk,
  { place, kid, only }: { place: string; kid: string | undefined; only: Algorithm | undefined },
): VerificationKey {
  const k = jwk.get("k");
  if (typeof k !== "string" || !/^[A-Za-z0-9_-]+$/.test(k))
    throw new KeyFault("holds a secret key whose k is not in base64url");
  const secret = Buffer.from(k, "base64url");
  if (secret.length < LEAST_SECRET_BYTES || secret.length > MOST_SECRET_BYTES)
    throw new KeyFault(
      `holds a secret key of ${secret.length} bytes; use one of ${LEAST_SECRET_BYTES} to ${MOST_SECRET_BYTES}`,
    );
  if (!only) throw new KeyFault("holds a secret key without alg; set algorithm: HS256, HS384 or HS512");
  if (!only.startsWith("HS")) throw new KeyFault(`holds a secret key, which is not for ${only}`);
  return secretKey(secret, place, only, kid);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
