import { type Change, type Store, StoreError } from "./store.js";

/** Writes changes together. Resolves when they are stored; rejects when the store cannot write and keeps no more. */
export function commit(store: Store, ...changes: readonly Change[]): Promise<void> {
  if (store.full) return Promise.reject(new StoreError("the store cannot write, and no more can wait"));
  for (const change of changes) store.write(change);
  return store.flush();
}
