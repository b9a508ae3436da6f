import type { IncomingHttpHeaders } from "node:http";

/** The cookie of a login on the dashboard. */
export const SESSION_COOKIE = "causeway_session";

/** Its name where the way is encrypted: browsers take it over HTTPS only, and from nobody but this very host [RFC 6265bis, 4.1.3.2]. */
export const SECURE_SESSION_COOKIE = `__Host-${SESSION_COOKIE}`;

/**
 * The value of the login cookie, if a request has one. Where the way is encrypted the other name counts for nothing: a neighbouring host
 * can set that, and have a page go on as somebody else.
 */
export function sessionCookie({ cookie = "" }: IncomingHttpHeaders, secure: boolean): string | undefined {
  const given = new Map<string, string>();
  for (const pair of cookie.split(";")) {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, equals).trim();
    if (equals > 0 && !given.has(name)) given.set(name, pair.slice(equals + 1).trim());
  }
  const own = given.get(SECURE_SESSION_COOKIE) || undefined;
  return secure ? own : own || given.get(SESSION_COOKIE) || undefined;
}
