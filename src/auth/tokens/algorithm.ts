import type { KeyObject } from "node:crypto";
import { KeyFault } from "./key-fault.js";

/** How a token may be signed: RFC 7518 section 3.1, RFC 8037 and RFC 9864. `none` is not among them. */
export const algorithms = [
  "HS256",
  "HS384",
  "HS512",
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;

export type Algorithm = (typeof algorithms)[number];

export const secretAlgorithms: readonly Algorithm[] = ["HS256", "HS384", "HS512"];

/** RFC 7518 section 3.3: a shorter key must not be used. */
const LEAST_RSA_BITS = 2048;
/** A larger one costs much and gains nothing. */
const MOST_RSA_BITS = 16_384;

const CURVES: Readonly<Record<string, Algorithm>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};

/** What a key of this kind can be used for, the most usual first. @throws {KeyFault} */
export function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly Algorithm[] {
  if (asymmetricKeyType === "ed25519") return ["EdDSA"];
  if (asymmetricKeyType === "ec") {
    const { namedCurve = "an unnamed curve" } = asymmetricKeyDetails ?? {};
    const algorithm = Object.hasOwn(CURVES, namedCurve) ? CURVES[namedCurve] : undefined;
    if (algorithm) return [algorithm];
    throw new KeyFault(`holds a key on ${namedCurve}; use P-256, P-384, P-521 or Ed25519`);
  }
  if (asymmetricKeyType !== "rsa")
    throw new KeyFault(`holds a key of the kind ${asymmetricKeyType}; use RSA, EC (P-256) or Ed25519`);
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < LEAST_RSA_BITS || bits > MOST_RSA_BITS)
    throw new KeyFault(`holds an RSA key of ${bits} bits; use one of ${LEAST_RSA_BITS} to ${MOST_RSA_BITS}`);
  return ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
}

/** As a token's header names it. RFC 9864 gives EdDSA over Ed25519 a name of its own. */
export function algorithmNamed(name: string): Algorithm | undefined {
  return name === "Ed25519" ? "EdDSA" : algorithms.find((algorithm) => algorithm === name);
}
