import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { decodeBase64 } from "./base64.js";
import { HashFault } from "./hash-fault.js";
import type { PasswordHash } from "./password-hash.js";

/** RFC 7914: `ln` is the binary logarithm of N. */
interface Cost {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB and about a tenth of a second. */
const COST: Cost = { ln: 15, r: 8, p: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const LEAST_HASH_BYTES = 16;
const MOST_BYTES = 1_024;
/** More would be a way to stall the server, or to take its memory. */
const MOST_MEMORY = 128 * 1024 ** 2;
const MOST_WORK = 2 ** 21;

/** `$scrypt$ln=LN,r=R,p=P$SALT$HASH`, the form of the password hashing competition. */
export function parseScrypt(text: string): PasswordHash {
  const [, , costText = "", saltText, hashText, ...rest] = text.split("$");
  const numbers = /^ln=(\d{1,2}),r=(\d{1,4}),p=(\d{1,4})$/.exec(costText)?.slice(1).map(Number);
  if (!numbers || saltText === undefined || hashText === undefined || rest.length > 0)
    throw new HashFault("its hash is not of the form $scrypt$ln=LN,r=R,p=P$SALT$HASH");
  const [ln = 0, r = 0, p = 0] = numbers;
  const cost = { ln, r, p };
  checkCost(cost);
  const salt = decodeBase64(saltText, "salt");
  if (salt.length > MOST_BYTES) throw new HashFault(`its salt is longer than ${MOST_BYTES} bytes`);
  const hash = decodeBase64(hashText, "hash");
  if (hash.length < LEAST_HASH_BYTES || hash.length > MOST_BYTES)
    throw new HashFault(`its hash has not ${LEAST_HASH_BYTES} to ${MOST_BYTES} bytes`);
  return {
    scheme: `scrypt, ${costText}`,
    text,
    matches: async (password) => timingSafeEqual(await derive(password, salt, hash.length, cost), hash),
  };
}

export async function makeScrypt(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, HASH_BYTES, COST);
  const { ln, r, p } = COST;
  return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(hash)}`;
}

function checkCost({ ln, r, p }: Cost): void {
  if (ln < 1 || r < 1 || p < 1) throw new HashFault("ln, r or p of its hash is 0");
  if (128 * r * Math.max(2 ** ln, p) > MOST_MEMORY)
    throw new HashFault(`checking it would take more than ${MOST_MEMORY / 1024 ** 2} MiB (128 * 2^ln * r)`);
  if (2 ** ln * r * p > MOST_WORK)
    throw new HashFault("checking it would take too long (2^ln * r * p is more than 2^21)");
}

function derive(password: string, salt: Buffer, bytes: number, cost: Cost): Promise<Buffer> {
  const { ln, r, p } = cost;
  // Node's own bound is lower; ours was checked when the hash was read.
  const options = { N: 2 ** ln, r, p, maxmem: 3 * MOST_MEMORY };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, bytes, options, (error, hash) => (error ? reject(error) : resolve(hash)));
  });
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
