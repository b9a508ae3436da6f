import { createHmac } from "node:crypto";

/** What a signature stands for. */
export interface SignedTerms {
  readonly channel: string;
  /** Empty for nobody in particular, and so for the others when they are not there. */
  readonly user: string;
  /** Seconds since 1970, in decimal digits. */
  readonly expires: string;
  readonly once: string;
  readonly publish: string;
}

/** Another meaning of the terms needs another version, so that no signature of today is one of then. */
const VERSION = "causeway-v3-1";

/**
 * HMAC-SHA256 of the terms, each as `BYTES:TEXT,` (a netstring): whatever characters they hold, no two lists of terms are the same
 * text, and every language can write it.
 */
export function signatureOf(secret: string, terms: SignedTerms): Buffer {
  const { channel, user, expires, once, publish } = terms;
  const text = [VERSION, channel, user, expires, once, publish].map(netstring).join("");
  return createHmac("sha256", secret).update(text).digest();
}

function netstring(text: string): string {
  return `${Buffer.byteLength(text)}:${text},`;
}
