import type { TestContext } from "node:test";
import type { Store, StoredMessage, StoredSession } from "../../../src/storage/store.js";
import type { Client } from "./client.js";

/** Where a store keeps its data. */
export interface Ground {
  /** A store on what is there; the one before must be closed. */
  create(options?: { maxRetained?: number }): Store;
  /** What a crash at this moment would leave. */
  crash(): Promise<Ground>;
  /** Rows that a closed store has left, without those that are there in an empty one. */
  rows(): Promise<number>;
}

export type NewGround = (t: TestContext) => Promise<Ground>;

export interface Opened {
  readonly store: Store;
  readonly sessions: ReadonlyMap<string, StoredSession>;
}

/** Opens a store and takes over what it has, as a broker does. */
export async function open(ground: Ground, options: { maxRetained?: number } = {}): Promise<Opened> {
  const store = ground.create(options);
  await store.open();
  const sessions = await collect(store.sessions());
  return { store, sessions: new Map(sessions.map((session) => [session.clientId, session])) };
}

export async function restart(ground: Ground, { store }: Opened): Promise<Opened> {
  await store.close();
  return open(ground);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Rounds in which the store may clear up what is done with, until that is so; it must not take many. */
export async function settle(
  store: Store,
  clients: Iterable<Client>,
  isSettled: () => boolean = () => false,
): Promise<void> {
  for (let round = 0; round < 40 && !isSettled(); round++)
    for (const { queue, passed } of clients) {
      queue.changed();
      await store.flush();
      await queue.read(passed, 1);
    }
}

export function numbersOf(entries: readonly { readonly sequence: number }[]): number[] {
  return entries.map(({ sequence }) => sequence);
}

export function byTopic(messages: readonly StoredMessage[]): StoredMessage[] {
  return messages.toSorted((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0));
}
