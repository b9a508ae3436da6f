import { HashFault } from "./hash-fault.js";
import type { PasswordHash } from "./password-hash.js";
import { parsePbkdf2 } from "./pbkdf2.js";
import { parseScrypt } from "./scrypt.js";
import { parseSha512 } from "./sha512.js";

/** @throws HashFault */
export function parseHash(text: string): PasswordHash {
  if (text.startsWith("$scrypt$")) return parseScrypt(text);
  if (text.startsWith("$7$")) return parsePbkdf2(text);
  if (text.startsWith("$6$")) return parseSha512(text);
  throw new HashFault(`${problemOf(text)}; causeway passwd writes one that is known`);
}

function problemOf(text: string): string {
  if (text.startsWith("$argon2"))
    return "its hash is of Argon2, which is not known here (mosquitto_passwd -H sha512-pbkdf2 writes another)";
  if (/^\$2[abxy]\$/.test(text)) return "its hash is of bcrypt, which is not known here";
  if (text.startsWith("$")) return "the kind of its hash is not known here";
  return "no hash follows the name, and a password as plain text is never taken";
}
