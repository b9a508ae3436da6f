import type { IncomingMessage } from "node:http";
import { formatPeer, peerOf } from "../access/peer.js";

/** Address and port of the client that sent `request`. */
export function remoteOf(request: IncomingMessage): string {
  return formatPeer(peerOf(request));
}
