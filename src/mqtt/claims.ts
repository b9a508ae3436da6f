import type { StoredOwner } from "../storage/store.js";

interface Claim {
  readonly owner: StoredOwner;
  connections: number;
}

/**
 * Whose the client identifiers are that are in use, from the moment a CONNECT is accepted: nobody but the same user may take one
 * over. Those of anonymous clients are anybody's. There are no more claims than connections.
 */
export class Claims {
  readonly #claims = new Map<string, Claim>();

  /** Undefined while the identifier is nobody's in particular. */
  ownerOf(clientId: string): StoredOwner | undefined {
    return this.#claims.get(clientId)?.owner;
  }

  /** A connection of its owner is let in under the identifier. */
  add(clientId: string, owner: StoredOwner): void {
    const connections = this.#claims.get(clientId)?.connections ?? 0;
    this.#claims.set(clientId, { owner, connections: connections + 1 });
  }

  /** Such a connection is gone. */
  release(clientId: string): void {
    const claim = this.#claims.get(clientId);
    if (claim && --claim.connections === 0) this.#claims.delete(clientId);
  }
}
