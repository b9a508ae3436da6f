import { pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { decodeBase64 } from "./base64.js";
import { HashFault } from "./hash-fault.js";
import type { PasswordHash } from "./password-hash.js";

const derive = promisify(pbkdf2);

const HASH_BYTES = 64;
/** The length that Mosquitto writes. */
const SALT_BYTES = 12;
const MOST_SALT_BYTES = 1_024;
/** About half a second of work; more would be a way to stall the server. */
export const MOST_ITERATIONS = 1_000_000;
/** About ten milliseconds: Mosquitto does nothing else while it checks a password. */
export const ITERATIONS = 20_000;

/** `$7$ITERATIONS$SALT$HASH` of Mosquitto: PBKDF2 with HMAC-SHA-512. */
export function parsePbkdf2(text: string): PasswordHash {
  const [, , count = "", saltText, hashText, ...rest] = text.split("$");
  if (saltText === undefined || hashText === undefined || rest.length > 0)
    throw new HashFault("its hash is not of the form $7$ITERATIONS$SALT$HASH");
  const iterations = /^[1-9]\d{0,9}$/.test(count) ? Number(count) : 0;
  if (iterations < 1 || iterations > MOST_ITERATIONS)
    throw new HashFault(`the iterations of its hash are not a number from 1 to ${MOST_ITERATIONS}`);
  const salt = decodeBase64(saltText, "salt");
  if (salt.length > MOST_SALT_BYTES) throw new HashFault(`its salt is longer than ${MOST_SALT_BYTES} bytes`);
  const hash = decodeBase64(hashText, "hash");
  if (hash.length !== HASH_BYTES) throw new HashFault(`its hash has not ${HASH_BYTES} bytes`);
  return {
    scheme: `PBKDF2-SHA512, ${iterations} iterations`,
    text,
    matches: async (password) =>
      timingSafeEqual(await derive(password, salt, iterations, HASH_BYTES, "sha512"), hash),
  };
}

/** As Mosquitto reads it. */
export async function makePbkdf2(password: string, iterations = ITERATIONS): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, iterations, HASH_BYTES, "sha512");
  return `$7$${iterations}$${salt.toString("base64")}$${hash.toString("base64")}`;
}
