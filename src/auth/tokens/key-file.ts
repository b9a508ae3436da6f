import type { Algorithm } from "./algorithm.js";
import { keyOfJwk } from "./jwk.js";
import { KeyFault } from "./key-fault.js";
import { parseKeySet } from "./key-set.js";
import type { KeyFile } from "./options.js";
import { publicKey, publicKeyObject, type VerificationKey } from "./verification-key.js";

const MAX_CHARACTERS = 1024 * 1024;
const MOST_BLOCKS = 100;

/** The keys of a file: PEM, a JWK, or a set of them. @throws {KeyFault} when one of them cannot be taken. */
export function parseKeyFile(text: string, { file, algorithm }: KeyFile): readonly VerificationKey[] {
  if (text.length > MAX_CHARACTERS) throw new KeyFault("is too large for a file of keys");
  const keys = /^\s*[{[]/.test(text) ? keysOfJson(text, file, algorithm) : keysOfPem(text, file, algorithm);
  if (keys.length === 0) throw new KeyFault("holds no key for signatures");
  return keys;
}

function keysOfJson(text: string, place: string, only: Algorithm | undefined): readonly VerificationKey[] {
  const value = parseJson(text);
  const use = { place, only, remote: false };
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "keys")) {
    const key = keyOfJwk(value, use);
    return key ? [key] : [];
  }
  const { keys, faults } = parseKeySet(value, use);
  const [fault] = faults;
  // Whoever names the file wants all of its keys.
  if (fault !== undefined) throw new KeyFault(fault);
  return keys;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new KeyFault("is neither JSON nor PEM");
  }
}

/** Public keys and certificates, one after the other. */
function keysOfPem(text: string, place: string, only: Algorithm | undefined): readonly VerificationKey[] {
  if (text.includes("PRIVATE KEY-----"))
    throw new KeyFault(
      "holds a private key; make the public one: openssl pkey -in PRIVATE -pubout -out PUBLIC",
    );
  const blocks = text.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? [];
  if (blocks.length === 0) throw new KeyFault("holds no public key in PEM form and no JWK");
  if (blocks.length > MOST_BLOCKS) throw new KeyFault(`holds more than ${MOST_BLOCKS} keys`);
  return blocks
    .filter((block) => !block.startsWith("-----BEGIN EC PARAMETERS"))
    .map((block) => publicKey(publicKeyObject(block), { place, only, otherwise: "first" }));
}
