import type { IncomingMessage, ServerResponse } from "node:http";
import type { From } from "./pages.js";

/** How long a browser may remember what a page is allowed, in seconds. */
const MAX_AGE = "600";

/** Has the browser give a page of another origin, which is let through, what it asked for [Fetch, CORS protocol]. */
export function shareWith(from: From, { headers }: IncomingMessage, response: ServerResponse): void {
  response.appendHeader("Vary", "Origin");
  if (from === "nowhere" || from === "own") return;
  // The asterisk goes without cookies: those are for pages that are named.
  response.setHeader("Access-Control-Allow-Origin", from === "listed" ? (headers.origin ?? "") : "*");
  if (from === "listed") response.setHeader("Access-Control-Allow-Credentials", "true");
  response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
}

/** What a page may send, for a browser that asks before it does. */
export function allow(method: string, response: ServerResponse): void {
  response.setHeader("Access-Control-Allow-Methods", method);
  response.setHeader("Access-Control-Allow-Headers", "Content-Type");
  response.setHeader("Access-Control-Max-Age", MAX_AGE);
}
