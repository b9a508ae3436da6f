import { Denied } from "../../access/denied.js";
import type { SignedTerms } from "./canonical.js";

const MAX_USER = 255;
const MAX_ONCE = 128;

/** The part of a URL's query that the signature covers, and the signature. The rest of a query is the client's own affair. */
export interface SignedQuery extends SignedTerms {
  readonly signature: Buffer;
}

/** Undefined when the URL is not signed at all. Throws `Denied` when it cannot be rightly signed. */
export function signedQuery(channel: string, query: URLSearchParams): SignedQuery | undefined {
  if (!query.has("signature")) return undefined;
  const terms = {
    channel,
    user: single(query, "user"),
    expires: single(query, "expires"),
    once: single(query, "once"),
    publish: single(query, "publish"),
  };
  if (terms.user.length > MAX_USER) throw refused(`user is longer than ${MAX_USER} characters`);
  if (!/^[1-9]\d{0,11}$/.test(terms.expires)) throw refused("expires is not a number of seconds since 1970");
  if (terms.once.length > MAX_ONCE) throw refused(`once is longer than ${MAX_ONCE} characters`);
  if (query.has("once") && terms.once === "") throw refused("once is empty");
  if (terms.publish !== "" && terms.publish !== "1") throw refused("publish is not 1");
  // Names that end with a star stand for several channels where rights are stated.
  if (channel.endsWith("*")) throw refused("a channel whose name ends with * cannot be signed for");
  const signature = single(query, "signature");
  if (!/^[A-Za-z0-9_-]{43}$/.test(signature)) throw refused("the signature is not HMAC-SHA256 in base64url");
  return { ...terms, signature: Buffer.from(signature, "base64url") };
}

/** Of a name that is there twice one reader would take the first value and another the last. */
function single(query: URLSearchParams, name: string): string {
  const values = query.getAll(name);
  if (values.length > 1) throw refused(`${name} is there more than once`);
  return values[0] ?? "";
}

function refused(reason: string): Denied {
  return new Denied("credentials", `signed URL: ${reason}`);
}
