import type { IncomingHttpHeaders } from "node:http";

/** The cookie of a login on the dashboard. */
export const SESSION_COOKIE = "causeway_session";

/** Its name where the way is encrypted: browsers take it over HTTPS only, and from nobody but this very host [RFC 6265bis, 4.1.3.2]. */
export const SECURE_SESSION_COOKIE = `__Host-${SESSION_COOKIE}`;

/** The value of the login cookie, if a request has one. */
export function sessionCookie({ cookie = "" }: IncomingHttpHeaders): string | undefined {
  const given = new Map<string, string>();
  for (const pair of cookie.split(";")) {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, equals).trim();
    if (equals > 0 && !given.has(name)) given.set(name, pair.slice(equals + 1).trim());
  }
  return given.get(SECURE_SESSION_COOKIE) || given.get(SESSION_COOKIE) || undefined;
}
