import { setImmediate } from "node:timers/promises";

/** Items that are looked at before others have their turn. */
const PER_TURN = 4_096;

export interface Listing {
  /** The most keys that are wanted. */
  readonly limit: number;
  /** Only keys after this one. */
  readonly after?: string | undefined;
  readonly fits?: (key: string) => boolean;
}

export interface Page {
  /** In order. */
  readonly keys: readonly string[];
  /** Whether others follow. */
  readonly more: boolean;
}

/**
 * The first of many keys that come in no order, without sorting or copying the many. What is added or removed meanwhile may be in it
 * or not.
 */
export async function firstKeys(all: Iterable<string>, { limit, after = "", fits }: Listing): Promise<Page> {
  const keys: string[] = [];
  let seen = 0;
  for (const key of all) {
    if (++seen % PER_TURN === 0) await setImmediate();
    const last = keys.length > limit ? keys[limit] : undefined;
    if (key <= after || (last !== undefined && key >= last) || (fits && !fits(key))) continue;
    insert(keys, key);
    if (keys.length > limit + 1) keys.pop();
  }
  return { keys: keys.slice(0, limit), more: keys.length > limit };
}

function insert(keys: string[], key: string): void {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  if (keys[low] !== key) keys.splice(low, 0, key);
}

/** A cursor says nothing to clients, so that what is in it can change. */
export function toCursor(key: string): string {
  return Buffer.from(key).toString("base64url");
}

export function fromCursor(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : Buffer.from(cursor, "base64url").toString();
}

/** The `cursor` member of an answer, when there is more. */
export function cursorAfter({ keys, more }: Page): { cursor?: string } {
  const last = keys.at(-1);
  return more && last !== undefined ? { cursor: toCursor(last) } : {};
}
