import { type JwkUse, keyOfJwk } from "./jwk.js";
import { KeyFault } from "./key-fault.js";
import type { VerificationKey } from "./verification-key.js";

/** Each of them may have to be tried. */
const MOST_KEYS = 100;

export interface KeySet {
  readonly keys: readonly VerificationKey[];
  /** Why others could not be taken, one text each. */
  readonly faults: readonly string[];
}

/** A set of keys (JWKS), RFC 7517 section 5. Keys that cannot be taken are left out. @throws {KeyFault} when it is no set. */
export function parseKeySet(value: unknown, use: JwkUse): KeySet {
  const members: unknown =
    typeof value === "object" && value !== null && "keys" in value ? value.keys : undefined;
  if (!Array.isArray(members)) throw new KeyFault("holds no set of keys (JWKS)");
  if (members.length > MOST_KEYS) throw new KeyFault(`holds more than ${MOST_KEYS} keys`);
  const keys: VerificationKey[] = [];
  const faults: string[] = [];
  for (const member of members)
    try {
      const key = keyOfJwk(member, use);
      if (key) keys.push(key);
    } catch (error) {
      if (!(error instanceof KeyFault)) throw error;
      faults.push(error.message);
    }
  return { keys, faults };
}
