import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { type JWTPayload, SignJWT } from "jose";

export interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const rsaPair = (bits = 2048): Pair => generateKeyPairSync("rsa", { modulusLength: bits });
export const ecPair = (namedCurve = "P-256"): Pair => generateKeyPairSync("ec", { namedCurve });
export const edPair = (): Pair => generateKeyPairSync("ed25519");

export const pemOf = (key: KeyObject): string =>
  key.export({ type: key.type === "private" ? "pkcs8" : "spki", format: "pem" }).toString();

export const jwkOf = (key: KeyObject, members: object = {}): object => ({
  ...key.export({ format: "jwk" }),
  ...members,
});

export function signWith(
  { privateKey }: Pair,
  claims: JWTPayload,
  { alg, ...header }: { alg: string; kid?: string },
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, ...header }).sign(privateKey);
}
