import { type SignedTerms, signatureOf } from "./canonical.js";

/** The path and query of a URL that is signed for the terms. */
export function signedPath(secret: string, terms: SignedTerms): string {
  const { channel, user, expires, once, publish } = terms;
  const query = new URLSearchParams({
    ...(user === "" ? {} : { user }),
    expires,
    ...(once === "" ? {} : { once }),
    ...(publish === "" ? {} : { publish }),
    signature: signatureOf(secret, terms).toString("base64url"),
  });
  return `/v3/${encodeURIComponent(channel)}?${query}`;
}
