import { createHash, timingSafeEqual } from "node:crypto";
import { decodeBase64 } from "./base64.js";
import { HashFault } from "./hash-fault.js";
import type { PasswordHash } from "./password-hash.js";

const HASH_BYTES = 64;
const MOST_SALT_BYTES = 1_024;

/** `$6$SALT$HASH` of Mosquitto up to 1.6: SHA-512 of the password and the salt, once. It is not the `$6$` of crypt(3). */
export function parseSha512(text: string): PasswordHash {
  const [, , saltText, hashText, ...rest] = text.split("$");
  if (saltText === undefined || hashText === undefined || rest.length > 0)
    throw new HashFault("its hash is not of the form $6$SALT$HASH");
  if (saltText.startsWith("rounds=")) throw cryptFault();
  // crypt(3) writes 86 characters with an alphabet of its own, and never a `=`.
  if (!hashText.endsWith("=")) throw cryptFault();
  const salt = decodeBase64(saltText, "salt");
  if (salt.length > MOST_SALT_BYTES) throw new HashFault(`its salt is longer than ${MOST_SALT_BYTES} bytes`);
  const hash = decodeBase64(hashText, "hash");
  if (hash.length !== HASH_BYTES) throw new HashFault(`its hash has not ${HASH_BYTES} bytes`);
  return {
    scheme: "SHA-512, once (weak)",
    text,
    matches: async (password) => timingSafeEqual(digest(password, salt), hash),
  };
}

function digest(password: string, salt: Buffer): Buffer {
  return createHash("sha512").update(password).update(salt).digest();
}

function cryptFault(): HashFault {
  return new HashFault("its hash is one of crypt(3), as in /etc/shadow, and not Mosquitto's $6$");
}
