import type { IncomingMessage } from "node:http";
import { sessionCookie } from "../access/cookie.js";
import { type Peer, peerOf } from "../access/peer.js";

/** What a client brings without saying a word: where it comes from, and the cookie of its login. */
export interface Visitor {
  readonly peer: Peer;
  readonly cookie: string | undefined;
}

export function visitorOf(request: IncomingMessage): Visitor {
  const peer = peerOf(request);
  return { peer, cookie: sessionCookie(request.headers, peer.secure) };
}
