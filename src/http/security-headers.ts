import type { IncomingMessage, ServerResponse } from "node:http";
import { peerOf } from "../access/peer.js";
import { hostName, isLoopbackName } from "./host-name.js";

/** Of answers that are no pages: a browser that takes one for a page does nothing with it [CSP level 3]. */
const NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The dashboard loads what this server has, and connects to it: `'self'` includes its WebSockets. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** A page that has nothing but a style of its own, with this digest. */
export function documentPolicy(styleDigest: string): string {
  return `default-src 'none'; style-src 'sha256-${styleDigest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

const UNUSED = ["camera", "display-capture", "geolocation", "microphone", "payment", "usb"];

/** On every answer. */
const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ["Content-Security-Policy", NOTHING],
  ["X-Content-Type-Options", "nosniff"],
  ["X-Frame-Options", "DENY"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["Permissions-Policy", UNUSED.map((feature) => `${feature}=()`).join(", ")],
];

/** 30 days. Browsers keep it for every port of the host. */
const TRANSPORT_SECURITY = "max-age=2592000";

export function secure(request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of HEADERS) response.setHeader(name, value);
  // What else a developer runs on this machine is to stay reachable without TLS.
  if (peerOf(request).secure && !isLoopbackName(hostName(request.headers.host)))
    response.setHeader("Strict-Transport-Security", TRANSPORT_SECURITY);
}
