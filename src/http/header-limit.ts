import type { IncomingMessage } from "node:http";

/** Header fields of a request. Node drops those over a bound of its own without a word; one of them could be the one that matters. */
const MOST = 100;

/** What is wrong with a request that has too many header fields. */
export function tooManyHeaders({ rawHeaders }: IncomingMessage): string | undefined {
  // Names and values take turns.
  return rawHeaders.length > 2 * MOST ? `a request must not have more than ${MOST} header fields` : undefined;
}
