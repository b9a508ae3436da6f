import type { IncomingHttpHeaders } from "node:http";

/** The cookie that a login on the dashboard sets. */
export const SESSION_COOKIE = "causeway_session";

/** The value of the login cookie; undefined when there is none. Of several the first counts, as browsers send the closest path first. */
export function sessionCookie({ cookie }: IncomingHttpHeaders): string | undefined {
  for (const pair of cookie?.split(";") ?? []) {
    const end = pair.indexOf("=");
    if (end !== -1 && pair.slice(0, end).trim() === SESSION_COOKIE)
      return pair.slice(end + 1).trim() || undefined;
  }
  return undefined;
}
