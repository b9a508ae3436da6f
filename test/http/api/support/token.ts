import { createHmac } from "node:crypto";

const SECRET = "a secret that only this test knows";

/** The part of a configuration with which the server takes these tokens. */
export const AUTH = { tokens: { secret: SECRET, requireExpiry: false } };

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A connection token [RFC 7519], HMAC. */
export function tokenFor(user: string, claims: object = {}): string {
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ sub: user, ...claims })}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}
