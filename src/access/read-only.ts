import type { IncomingMessage } from "node:http";

const requests = new WeakSet<IncomingMessage>();

/** Whoever sent the request may be told things, and is not to change any. */
export function makeReadOnly(request: IncomingMessage): void {
  requests.add(request);
}

export function isReadOnly(request: IncomingMessage): boolean {
  return requests.has(request);
}
