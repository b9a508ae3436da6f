import type { IncomingMessage } from "node:http";

/** Address and port of the client that sent `request`. */
export function remoteOf(request: IncomingMessage): string {
  const { remoteAddress = "unknown", remotePort } = request.socket;
  return remotePort === undefined ? remoteAddress : `${remoteAddress}:${remotePort}`;
}
