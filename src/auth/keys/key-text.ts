import { createHash, randomBytes } from "node:crypto";

/** By it a key is told from a password or a token, also by those who look for keys where none should be. */
const PREFIX = "cwk_";
const KEY_BYTES = 32;

export function makeKey(): string {
  return PREFIX + randomBytes(KEY_BYTES).toString("base64url");
}

export function looksLikeKey(text: string): boolean {
  return text.startsWith(PREFIX);
}

/**
 * As a file holds it. A key has 256 random bits, so that nobody finds it by trying: neither salt nor a slow hash would add
 * anything, and both would keep a key from being looked up by its hash.
 */
export function hashOf(key: string): string {
  return `sha256:${createHash("sha256").update(key).digest("base64url")}`;
}
