import { SignJWT } from "jose";

/** A connection token of an hour. */
export function connectionToken(secret: string, claims: Readonly<Record<string, unknown>>): Promise<string> {
  const key = new TextEncoder().encode(secret);
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).setExpirationTime("1h").sign(key);
}
