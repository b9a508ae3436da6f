import type { Unacknowledged } from "../../store.js";
import { clientKey, Kind } from "../format/keys.js";
import { isIntact } from "../format/row.js";
import { decodeState } from "../format/state.js";
import type { Database } from "./database.js";

/** Which messages of a queue are still to be delivered; pages also hold some that are done with. */
export class QueueStates {
  readonly #level: Database;
  #clientId: string | undefined;
  #passed = 0;
  #owed = new Set<number>();

  constructor(level: Database) {
    this.#level = level;
  }

  /** Reads the state of a client, unless it is that of the call before. */
  async enter(clientId: string): Promise<void> {
    if (clientId === this.#clientId) return;
    const key = clientKey(Kind.state, clientId);
    const value = await this.#level.get(key);
    const state = value && isIntact(key, value) ? decodeState(value) : undefined;
    this.#clientId = clientId;
    this.#passed = state?.passed ?? 0;
    this.#owed = new Set(state?.unacknowledged.filter(isOwed).map(({ sequence }) => sequence));
  }

  waits(sequence: number): boolean {
    return sequence > this.#passed || this.#owed.has(sequence);
  }
}

/** Of a released message only its number is needed. */
function isOwed({ released }: Unacknowledged): boolean {
  return !released;
}
