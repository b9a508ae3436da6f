import { decodeProtectedHeader } from "jose";
import { notSigned } from "./refusal.js";

/** Longer tokens are not even looked at, in characters. */
export const MAX_TOKEN = 8 * 1024;

export interface Header {
  readonly alg: string;
  readonly kid: string | undefined;
}

/** What a token says of how it is signed: a claim of whoever wrote it, to choose among keys by and nothing else. */
export function headerOf(token: string): Header {
  let header: ReturnType<typeof decodeProtectedHeader>;
  try {
    header = decodeProtectedHeader(token);
  } catch {
    throw notSigned();
  }
  const alg: unknown = header.alg;
  const kid: unknown = header.kid;
  if (typeof alg !== "string" || (kid !== undefined && typeof kid !== "string")) throw notSigned();
  return { alg, kid };
}

/**
 * Whether a text that could be a password or a key as well is to be taken for a token: three parts in base64url, the first of
 * which is a JSON object.
 */
export function looksLikeToken(text: string): boolean {
  if (!/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$/.test(text)) return false;
  if (text.length > MAX_TOKEN) return true;
  try {
    decodeProtectedHeader(text);
    return true;
  } catch {
    return false;
  }
}
