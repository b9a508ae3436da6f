import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { sessionCookie } from "../access/cookie.js";
import type { Attempt } from "../access/gate.js";
import { peerOf } from "../access/peer.js";

/** What a request brings to say who sends it. */
export type Credential = Pick<Attempt, "username" | "password" | "token" | "key" | "cookie">;

/** A page of another origin cannot send it without being asked first whether it may, and we say no. */
const PROOF_HEADER = "x-causeway-csrf";

/**
 * One and no more, so that it is clear which one decides. What stands in the request by somebody's will comes before the cookie, which a
 * browser sends by itself.
 */
export function credentialOf(request: IncomingMessage): Credential | undefined {
  const { headers } = request;
  const { authorization, "x-api-key": key } = headers;
  if (typeof key === "string") return { key };
  if (authorization !== undefined) return authorized(authorization);
  const cookie = provesItsPage(headers) ? sessionCookie(headers, peerOf(request).secure) : undefined;
  return cookie === undefined ? undefined : { cookie };
}

/** Whether it is a page of ours that sends a request, and not the browser for a page of somebody else. */
export function provesItsPage(headers: IncomingHttpHeaders): boolean {
  const site = headers["sec-fetch-site"];
  return headers[PROOF_HEADER] === "1" && site !== "cross-site" && site !== "same-site";
}

function authorized(authorization: string): Credential {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
  if (bearer !== undefined) return { token: bearer, key: bearer };
  const [, basic = ""] = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization) ?? [];
  const pair = Buffer.from(basic, "base64").toString();
  const colon = pair.indexOf(":");
  if (colon !== -1) return { username: pair.slice(0, colon), password: pair.slice(colon + 1) };
  // Something was brought that cannot be read: that is a wrong credential, not none.
  return { key: "" };
}
