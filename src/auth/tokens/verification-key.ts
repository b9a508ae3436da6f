import {
  createHash,
  createHmac,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { type Algorithm, algorithmsOf, secretAlgorithms } from "./algorithm.js";
import { KeyFault } from "./key-fault.js";

/**
 * A key with what it may be used for. That is the key's own and never the token's to say: a public key is known to everybody and
 * would else do as a secret.
 */
export interface VerificationKey {
  /** Where it is from, for the log: `tokens.secret`, a file's name, `tokens.jwks`. */
  readonly place: string;
  /** Tells it from every other key. Nothing secret can be told from it. */
  readonly id: string;
  readonly kid?: string | undefined;
  readonly algorithms: readonly Algorithm[];
  readonly key: KeyObject;
}

/** A digest of a secret could be compared with those of guesses, so it is one that only this process can make. */
const ofThisProcess = randomBytes(32);

const ID_CHARACTERS = 16;

export function secretKey(secret: Buffer, place: string, only?: Algorithm, kid?: string): VerificationKey {
  const id = createHmac("sha256", ofThisProcess).update(secret).digest("base64url");
  return {
    place,
    id: id.slice(0, ID_CHARACTERS),
    kid,
    algorithms: only ? [only] : secretAlgorithms,
    key: createSecretKey(secret),
  };
}

interface Use {
  readonly place: string;
  readonly kid?: string | undefined;
  /** What a configuration or the key's own file says; undefined where nothing does. */
  readonly only?: Algorithm | undefined;
  /** Which of its kind's algorithms it is for when nothing says so: the most usual, or all. */
  readonly otherwise: "first" | "all";
}

/** @throws {KeyFault} */
export function publicKey(key: KeyObject, { place, kid, only, otherwise }: Use): VerificationKey {
  const possible = algorithmsOf(key);
  if (only && !possible.includes(only))
    throw new KeyFault(`holds a key for ${possible.join(", ")}, and not for ${only}`);
  const id = createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("base64url");
  return {
    place,
    id: id.slice(0, ID_CHARACTERS),
    kid,
    algorithms: only ? [only] : otherwise === "all" ? possible : possible.slice(0, 1),
    key,
  };
}

/** @throws {KeyFault} */
export function publicKeyObject(input: Parameters<typeof createPublicKey>[0]): KeyObject {
  try {
    return createPublicKey(input);
  } catch {
    // What the library says may quote what it was given.
    throw new KeyFault("holds a public key that cannot be read");
  }
}
