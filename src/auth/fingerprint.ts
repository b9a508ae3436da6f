import { createHmac, randomBytes } from "node:crypto";

/** Of this run of the program: what is remembered of credentials is worth nothing elsewhere. */
const key = randomBytes(32);

/** Stands for these texts in memory, so that nobody who sees a table of them learns a password. */
export function fingerprint(...parts: readonly (string | undefined)[]): string {
  // As JSON, no two lists of texts become the same one.
  return createHmac("sha256", key)
    .update(JSON.stringify(parts.map((part) => part ?? null)))
    .digest("base64url");
}
